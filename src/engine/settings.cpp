#include "engine/settings.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "gradus/core/error.hpp"
#include "gradus/core/number_text.hpp"

namespace gradus {

Setting::Setting(std::string field, std::string_view text)
    : name(std::move(field)), value(parse_number(text, name)) {}

void copy_fields(const AnyRule& from, AnyRule& to) {
  const std::vector<FieldInfo> theirs = from.fields(), its = to.fields();
  for (std::size_t i = 0; i < its.size(); ++i) to.set(its[i].name, from.get(theirs[i].name));
}

void set_all(AnyRule& rule, const std::vector<Setting>& settings) {
  for (auto setting = settings.begin(); setting != settings.end(); ++setting) {
    const auto same = [&](const Setting& other) { return other.name == setting->name; };
    if (std::any_of(settings.begin(), setting, same))
      throw Error(std::string(rule.name()) + ": the field '" + setting->name + "' is given twice");
    rule.set(setting->name, setting->value);
  }
}

}  // namespace gradus
