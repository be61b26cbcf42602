#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gradus/engine/any_rule.hpp"
#include "gradus/schedules/text.hpp"

namespace gradus {

/// The names of all built-in rules, in the order in which a book would treat them.
std::vector<std::string> rule_names();
/// The names of all built-in links: what rules are composed with.
std::vector<std::string> link_names();

/// Makes a rule of one's own known by the name of its `about`; or a composition by its links' names, so that texts of it
/// are of the fused loop that was compiled here (others are composed of their links: see AnyRule). The type is all
/// that counts: fields that are not given have their defaults. For the whole program, from any thread. Throws Error
/// if the rule, or one of its links, has no name, or if that is another rule's.
void register_rule(AnyRule prototype);
/// The names of all that were registered: "clip_norm >> adam".
std::vector<std::string> registered_names();

/// A built-in or registered rule, or a composition ("clip_norm >> adam"), by name, with some hyperparameters set:
/// make_rule("adamw", {{"lr", 3e-4}, {"weight_decay", "0.1"}}). Throws Error for an unknown name (it suggests the nearest), an unknown field or one
/// that is given twice, or a value out of its field's range.
AnyRule make_rule(std::string_view name, const std::vector<Setting>& settings = {});

/// What people want to know of a built-in rule. Throws Error for an unknown name.
const About& about(std::string_view name);

/// Which hyperparameters a text shows.
enum class TextFields {
  all,      ///< for files: it means the same when a default has become another
  changed,  ///< for people: those that differ from their defaults
};

/// "adam:lr=cosine(from=0.001,to=0,steps=500),beta1=0.9,beta2=0.999,eps=1e-08"; of a composition, each link with
/// its own: "clip_norm:max_norm=1 >> sgd:lr=0.1". What parse_rule() makes of it is of the same type, has the same
/// hyperparameters, to the bit, and the same text. Throws Error for a rule without a name or with one that is
/// another rule's, and, naming the field, for a schedule that has no text.
std::string rule_text(const AnyRule& rule, TextFields fields = TextFields::all);

/// The text may come from anywhere. Fields may stand in any order; those that are left out have their defaults.
/// Throws Error, which tells the place and what was expected there, for what is not of the form of rule_text(), an
/// unknown rule, field or schedule, or a value out of its range.
AnyRule parse_rule(std::string_view text);

}  // namespace gradus
