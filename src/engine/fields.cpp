#include "gradus/engine/fields.hpp"

#include <algorithm>

#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/core/number_text.hpp"

namespace gradus::engine {

namespace {

std::string where(const Range& range) { return (range.integer ? "be " : "lie in ") + range.text(); }

std::string text_of(const NamedField& field) {
  return field.name + (field.link.empty() ? "" : " of " + field.link);
}

}  // namespace

void throw_out_of_range(const NamedField& field, double value) {
  throw Error(text_of(field) + " is " + number_text(value) + "; it must " + where(field.range));
}

void throw_out_of_range(const NamedField& field, double value, std::int64_t step) {
  throw Error("the schedule of " + text_of(field) + " gave " + number_text(value) + " for step " +
              std::to_string(step) + "; it must " + where(field.range));
}

std::string distinct_name(std::string_view name, const std::vector<std::string>& taken) {
  std::string distinct(name);
  for (int i = 2; std::find(taken.begin(), taken.end(), distinct) != taken.end(); ++i)
    distinct = std::string(name) + "_" + std::to_string(i);
  return distinct;
}

std::string joined_names(std::span<const LinkInfo> links) {
  std::string names;
  for (const LinkInfo& link : links) names.append(names.empty() ? "" : kThen).append(link.name);
  return names;
}

bool same_links(const Program& a, const Program& b) {
  const auto same = [](const LinkInfo& x, const LinkInfo& y) { return x.name == y.name && x.kind == y.kind; };
  const std::span<const LinkInfo> of_a = a.links(), of_b = b.links();
  return std::equal(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(), same);
}

const NamedField& find_field(const std::vector<NamedField>& fields, std::string_view rule,
                             std::string_view field) {
  std::vector<std::string> names;
  for (const NamedField& f : fields) {
    if (f.name == field) return f;
    names.push_back(f.name);
  }
  throw Error(std::string(rule) + " has no field '" + std::string(field) + "'; it has: " + listed(names));
}

void set_field(const std::vector<NamedField>& fields, std::string_view rule, std::string_view field,
               const Hyper& value) {
  const NamedField& found = find_field(fields, rule, field);
  if (!found.range.contains(value)) throw_out_of_range(found, value);
  *found.value = value;
}

}  // namespace gradus::engine
