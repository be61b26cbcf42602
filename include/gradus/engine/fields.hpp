#pragma once

// The hyperparameters and the state of a rule by name, whatever its type.

#include <string>
#include <string_view>
#include <vector>

#include "gradus/core/chain.hpp"
#include "gradus/engine/program.hpp"

namespace gradus::engine {

/// A field of a rule or of a link of a chain. Where two
/// links have one of the same name, the second is name_2.
struct NamedField {
  std::string name;
  Hyper* value;
  double default_value;
  Range range;
  const char* meaning;
};

[[noreturn]] void throw_out_of_range(std::string_view field, double value, const Range& range);
[[noreturn]] void throw_out_of_range(std::string_view field, double value, const Range& range,
                                     std::int64_t step);

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
    fields.push_back({names.back(), &value, Owner{}.*(field.member), field.range, field.meaning});
  });
  return fields;
}

inline void check_range(const NamedField& field) {
  if (!field.range.contains(*field.value)) throw_out_of_range(field.name, *field.value, field.range);
}

/// Throws Error if there is no such field, or its range does not hold the value.
void set_field(const std::vector<NamedField>& fields, std::string_view rule, std::string_view field,
               const Hyper& value);

}  // namespace gradus::engine
