#pragma once

// The hyperparameters and the state of a rule by name, whatever its type.

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/core/chain.hpp"
#include "gradus/engine/program.hpp"

namespace gradus::engine {

/// The type's own name, without namespaces and template arguments.
template <class T>
constexpr std::string_view type_name() {
  const std::string_view text = __PRETTY_FUNCTION__;
  const std::size_t begin = text.find("T = ") + 4;
  std::string_view name = text.substr(begin, text.find_first_of(";]", begin) - begin);
  if (name.ends_with('>')) name = name.substr(0, name.find('<'));
  return name.substr(name.rfind(':') + 1);  // from the first on, where there is no colon
}

/// As its `about` has it; a rule without that is called by its type.
template <class R>
constexpr std::string_view link_name() {
  if constexpr (Described<R>)
    return R::about.name;
  else
    return type_name<R>();
}

template <class R>
inline constexpr std::array<std::string_view, 0> kFieldNames;
template <class R>
requires requires { R::fields; }
inline constexpr auto kFieldNames<R> = [] {
  std::array<std::string_view, R::fields.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = R::fields[i].name;
  return names;
}();

template <class R>
inline constexpr char kKind = 0;  // its address is the type's identity

template <class R>
inline constexpr std::array kLinks{LinkInfo{link_name<R>(), Described<R>, kFieldNames<R>, &kKind<R>}};
template <class A, class B>
inline constexpr auto kLinks<Chain<A, B>> = concat(kLinks<A>, kLinks<B>);

/// Between the names of a composition's links.
inline constexpr std::string_view kThen = " >> ";

/// "clip_norm >> adam"
std::string joined_names(std::span<const LinkInfo> links);

/// Do they compute the same, however they were put together?
bool same_links(const Program& a, const Program& b);

/// A field of a rule or of a link of a chain. Where two
/// links have one of the same name, the second is name_2.
struct NamedField {
  std::string name;
  std::string link;  ///< whose it is; empty if the rule is no chain
  Hyper* value;
  double default_value;
  Range range;
  const char* meaning;
};

[[noreturn]] void throw_out_of_range(const NamedField& field, double value);
[[noreturn]] void throw_out_of_range(const NamedField& field, double value, std::int64_t step);

/// "name", or "name_2" for the second of the same name, and so on.
std::string distinct_name(std::string_view name, const std::vector<std::string>& taken);

/// Their names, made distinct from each other and from those that are taken; these are taken then, too.
template <class Named>
std::vector<std::string> distinct_names(const Named& named, std::vector<std::string>& taken) {
  std::vector<std::string> names;
  for (const auto& n : named) {
    names.push_back(distinct_name(n.name, taken));
    taken.push_back(names.back());
  }
  return names;
}

template <class Slots>
std::vector<SlotInfo> slot_infos(const Slots& slots, std::vector<std::string>& taken) {
  const std::vector<std::string> names = distinct_names(slots, taken);
  std::vector<SlotInfo> infos;
  for (std::size_t i = 0; i < slots.size(); ++i) infos.push_back({names[i], slots[i].values, slots[i].over});
  return infos;
}

template <class Scalars>
std::vector<ScalarInfo> scalar_infos(const Scalars& scalars, std::vector<std::string>& taken) {
  const std::vector<std::string> names = distinct_names(scalars, taken);
  std::vector<ScalarInfo> infos;
  for (std::size_t i = 0; i < scalars.size(); ++i) infos.push_back({names[i], scalars[i].initial});
  return infos;
}

template <class R>
std::vector<NamedField> fields_of(R& rule) {
  std::vector<std::string> names;
  std::vector<NamedField> fields;
  for_each_field(rule, [&]<class Owner>(const Field<Owner>& field, Hyper& value) {
    names.push_back(distinct_name(field.name, names));
    fields.push_back({names.back(), std::string(kIsChain<R> ? link_name<Owner>() : ""), &value,
                      Owner{}.*(field.member), field.range, field.meaning});
  });
  return fields;
}

inline void check_range(const NamedField& field) {
  if (!field.range.contains(*field.value)) throw_out_of_range(field, *field.value);
}

/// Throws Error if there is no such field.
const NamedField& find_field(const std::vector<NamedField>& fields, std::string_view rule,
                             std::string_view field);
/// Throws Error if its range does not hold the value, too.
void set_field(const std::vector<NamedField>& fields, std::string_view rule, std::string_view field,
               const Hyper& value);

}  // namespace gradus::engine
