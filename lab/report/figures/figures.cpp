#include <algorithm>

#include "lab/report/embedded.hpp"
#include "lab/report/figures/figure.hpp"
#include "lab/report/format.hpp"

namespace gradus::lab {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestName = 36;  // a legend on a phone has room for it
constexpr int kWidth = 720;               // in pixels, until a page says how wide it is

std::size_t longest(const std::vector<std::string>& names) {
  std::size_t most = 0;
  for (const std::string& name : names) most = std::max(most, character_count(name));
  return most;
}

}  // namespace

std::vector<std::string> names_of(const RaceResults& results) {
  std::vector<std::string> names;
  names.reserve(results.entries.size());
  for (const Entry& entry : results.entries) names.push_back(entry.label);
  return shortened_apart(names, kLongestName);
}

double place_of(std::size_t look, const RaceSettings& settings) {
  const auto unit = static_cast<double>(settings.epoch_steps > 0 ? settings.epoch_steps : 1);
  return look < settings.looks.size() ? static_cast<double>(settings.looks[look]) / unit : kNotMeasured;
}

const char* place_unit(const RaceSettings& settings) { return settings.epoch_steps > 0 ? "epoch" : "step"; }

std::vector<Figure> figures_of(const RaceResults& results) {
  std::vector<Figure> figures;
  for (const auto make :
       {training_loss, test_metric, differences, sensitivity, effective_rates, update_ratios}) {
    Figure figure = make(results);
    if (!figure.data.is_null()) figures.push_back(std::move(figure));
  }
  return figures;
}

std::string specification(const Figure& figure, const std::vector<std::string>& series) {
  Json document = Json::parse(embedded("shared.vl.json"));
  document.update(Json::parse(figure.declaration.empty() ? std::string(embedded(figure.id + ".vl.json"))
                                                         : figure.declaration));
  document["description"] = figure.description;
  document["datasets"] = figure.data;
  if (figure.height > 0) document["height"] = figure.height;
  if (document.contains("facet"))  // Vega-Lite fits figures of one panel to a width, but not small multiples
    document["config"]["view"]["continuousWidth"] = (kWidth - 64) / document.value("columns", 1) - 24;
  Json values = figure.values;
  values.update({{"rules", series}, {"longest_label", longest(series)}, {"page_width", kWidth}});
  for (const auto& [name, value] : values.items())
    document["params"].push_back({{"name", name}, {"value", value}});
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace gradus::lab
