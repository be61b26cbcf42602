#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/engine/any_rule.hpp"
#include "gradus/states/state_options.hpp"

/// How the contestants of a race are written.
///
///   adam                       a rule of the library, its learning rate to be tuned
///   adam:beta2=0.99,lr=3e-4    with fields; a learning rate that is given is not tuned
///   adam:state=bf16            its state in bfloat16; or f32, f64, block8, dynamic8 (StateOptions)
///   adam:state=bf16,rounding=nearest   to nearest, not by draws
///   clip_norm>>adam:max_norm=2 a composition of links and a rule, with fields of them all behind it
///   adam>sgd                   one rule, then another from half-way
///   adam>sgd:lr=0.1@0.3        … from 30 % of the training on; each side may have fields
namespace gradus::lab {

struct PhaseSpec {
  std::string rule;
  std::vector<Setting> settings;  ///< without lr
  std::optional<double> lr;       ///< where it was given
  StateOptions state;             ///< plain, or as it was given for arrays of any size
  std::string text;               ///< the phase as typed, without spaces
};

/// "bf16", "block8"; "plain" where nothing was given. And "nearest" or "stochastic".
std::string_view name_of(State state);
std::string_view name_of(Rounding rounding);

struct EntrySpec {
  std::string text;               ///< as typed, without spaces
  std::string label;              ///< for people: shorter
  std::vector<PhaseSpec> phases;  ///< one or two
  double switch_at = 0.5;         ///< the part of the training that the first of two phases gets
};

/// Throws Error, which quotes the entry, for what is not of this form, and for an unknown rule or field, a
/// value out of range, and a way to keep state that the rule has none of.
EntrySpec parse_entry(std::string_view text);

/// Entries between commas. A comma before `field=value` continues the fields of
/// its entry: "sgd,adam:beta1=0.8,beta2=0.99,lion" are three. Labels are without
/// learning rates where they are unique so, and without the words `state=` and
/// `rounding=`. Throws Error as parse_entry() does, and for an entry given twice.
std::vector<EntrySpec> parse_entries(std::string_view list);

}  // namespace gradus::lab
