#include "gradus/registry.hpp"

#include <array>

#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/core/number_text.hpp"
#include "gradus/gradus.hpp"

namespace gradus {

namespace {

struct Row {
  const About* about;
  AnyRule (*make)();
};

template <class R>
constexpr Row row() {
  return {&R::about, [] { return AnyRule(R{}); }};
}

constexpr std::array kRows{
    row<SGD>(),
    row<Momentum>(),
    row<Nesterov>(),
    row<AdaGrad>(),
    row<AdaGradEpsInRoot>(),
    row<RMSProp>(),
    row<RMSPropEpsInRoot>(),
    row<RMSPropCentered>(),
    row<RMSPropMomentum>(),
    row<RMSPropCenteredMomentum>(),
    row<Adam>(),
    row<AdamW>(),
    row<AMSGrad>(),
    row<LAMB>(),
    row<Muon>(),
};

const Row& find(std::string_view name) {
  for (const Row& row : kRows)
    if (row.about->name == name) return row;
  const std::vector<std::string> names = rule_names(), similar = nearest(name, names);
  throw Error("there is no rule '" + std::string(name) + "'; " +
              (similar.empty() ? "there are: " + listed(names) : "the nearest: " + listed(similar)));
}

}  // namespace

std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  for (const Row& row : kRows) names.emplace_back(row.about->name);
  return names;
}

AnyRule make_rule(std::string_view name, const std::vector<Setting>& settings) {
  AnyRule rule = find(name).make();
  for (const Setting& setting : settings) rule.set(setting.name, setting.value);
  return rule;
}

const About& about(std::string_view name) { return *find(name).about; }

Setting::Setting(std::string field, std::string_view text)
    : name(std::move(field)), value(parse_number(text, name)) {}

}  // namespace gradus
