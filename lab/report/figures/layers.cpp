#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/report/figures/figure.hpp"
#include "lab/report/format.hpp"
#include "lab/report/summary.hpp"

/// How layers move over training, by effective rates and by updates beside weights: a small panel for each layer.
namespace gradus::lab {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMedian = 2;
constexpr std::size_t kMostLayers = 4;
constexpr double kAlike = 1.001;  // rates nearer to each other than by this factor are one rate

struct Rates {
  std::string label;
  std::string name;
  std::vector<LayerSteps> layers;
};

bool measured(const Quantiles& quantiles) {
  return std::ranges::all_of(quantiles, [](double q) { return std::isfinite(q) && q > 0; });
}

/// How many times larger the 95% quantile is than the 5% one.
double spread_of(const Quantiles& quantiles) { return quantiles.back() / quantiles.front(); }

/// Whether the rule told one weight of a layer from another.
bool adapts(const Quantiles& quantiles) { return measured(quantiles) && spread_of(quantiles) > kAlike; }

bool adapts(const LayerSteps& layer) {
  return std::ranges::any_of(layer.effective_rates, [](const Quantiles& q) { return adapts(q); });
}

/// A schedule that ends at zero has all but switched the steps off at the last look: such rates
/// say nothing of the rule, and would set the scale.
bool switched_off(const LayerSteps& layer, std::size_t look) {
  return look > 0 && look + 1 == layer.effective_rates.size() &&
         layer.effective_rates[look][kMedian] < layer.effective_rates[look - 1][kMedian] / 1000;
}

/// Weights before biases, and no more than fit beside each other: the table below the figure has them all.
std::vector<LayerSteps> shown(std::vector<LayerSteps> layers) {
  if (layers.size() > kMostLayers)
    std::erase_if(layers, [](const LayerSteps& layer) { return layer.layer.ends_with("bias"); });
  if (layers.size() > kMostLayers) layers.erase(layers.begin() + 2, layers.end() - 2);
  return layers;
}

/// Of the rules that move some weight unlike another.
std::vector<Rates> rates_of(const RaceResults& results) {
  std::vector<Rates> all;
  const std::vector<std::string> names = names_of(results);
  for (std::size_t i = 0; i < names.size(); ++i) {
    Rates rates{results.entries[i].label, names[i], shown(mean_layers(results.entries[i]))};
    if (std::ranges::any_of(rates.layers, [](const LayerSteps& l) { return adapts(l); }))
      all.push_back(std::move(rates));
  }
  return all;
}

Json rows_of(const std::vector<Rates>& all, const RaceSettings& settings) {
  Json rows = Json::array();
  for (const Rates& rates : all)
    for (const LayerSteps& layer : rates.layers)
      for (std::size_t look = 0; look < layer.effective_rates.size(); ++look) {
        const Quantiles& q = layer.effective_rates[look];
        if (!measured(q) || switched_off(layer, look)) continue;
        rows.push_back({{"rule", rates.name},
                        {"layer", layer.layer},
                        {"at", place_of(look, settings)},
                        {"low", q.front()},
                        {"median", q[kMedian]},
                        {"high", q.back()}});
      }
  return rows;
}

Table table_of(const RaceResults& results) {
  Table table{{"rule", "layer", place_unit(results.settings)}, {}};
  for (const int percent : kQuantilePercents) table.head.push_back(fmt::format("{}%", percent));
  for (const Entry& entry : results.entries)
    for (const LayerSteps& layer : mean_layers(entry))
      for (std::size_t look = 0; look < layer.effective_rates.size(); ++look) {
        Table::Row row{entry.label, {layer.layer, fmt::format("{:.6g}", place_of(look, results.settings))}};
        for (const double rate : layer.effective_rates[look]) row.cells.push_back(significant(rate));
        table.rows.push_back(std::move(row));
      }
  return table;
}

/// "3.2", "450", "61,000": two digits tell enough of a ratio.
std::string rounded_factor(double factor) {
  if (factor < 99.5) return fmt::format("{:.2g}", factor);
  const double unit = std::pow(10, std::floor(std::log10(factor)) - 1);
  return thousands(std::llround(std::round(factor / unit) * unit));
}

struct Spread {
  std::string label;
  std::string layer;
  double factor;
};

/// As they were when each rule last told weights apart; widest first.
std::vector<Spread> final_spreads(const std::vector<Rates>& all) {
  std::vector<Spread> spreads;
  for (const Rates& rates : all)
    for (const LayerSteps& layer : rates.layers) {
      const auto last = std::ranges::find_if(layer.effective_rates.rbegin(), layer.effective_rates.rend(),
                                             [](const Quantiles& q) { return adapts(q); });
      if (last != layer.effective_rates.rend())
        spreads.push_back({rates.label, layer.layer, spread_of(*last)});
    }
  std::ranges::stable_sort(spreads, std::ranges::greater{}, &Spread::factor);
  return spreads;
}

std::string finding(const std::vector<Spread>& spreads) {
  const Spread& widest = spreads.front();
  std::string text =
      fmt::format("The widest spread is {}'s in {}: nine tenths of its rates lie within a factor of {}",
                  widest.label, widest.layer, rounded_factor(widest.factor));
  if (spreads.size() == 1) return text + ".";
  const Spread& narrowest = spreads.back();
  return text + fmt::format("; the narrowest is {}'s in {}, a factor of {}.", narrowest.label,
                            narrowest.layer, rounded_factor(narrowest.factor));
}

/// A row for each rule, layer and look that has a ratio.
void add_ratios(Figure& figure, const RaceResults& results, const Entry& entry, const std::string& name) {
  for (const LayerSteps& layer : shown(mean_layers(entry)))
    for (std::size_t look = 0; look < layer.update_ratios.size(); ++look) {
      const double ratio = layer.update_ratios[look];
      const bool off =
          look > 0 && look + 1 == layer.update_ratios.size() && ratio < layer.update_ratios[look - 1] / 1000;
      if (!(ratio > 0) || !std::isfinite(ratio) || off) continue;
      const double at = place_of(look, results.settings);
      figure.data["ratios"].push_back({{"rule", name}, {"layer", layer.layer}, {"at", at}, {"ratio", ratio}});
      figure.table.rows.push_back(
          {entry.label, {layer.layer, fmt::format("{:.6g}", at), significant(ratio)}});
    }
}

}  // namespace

Figure update_ratios(const RaceResults& results) {
  Figure figure;
  figure.id = "update-ratios";
  figure.title = "Updates beside weights";
  figure.finding = "";
  figure.caption =
      "The norm of the last step before each look, as a part of the norm of the layer's weights: the "
      "geometric mean over "
      "seeds. A rule of thumb has it near a thousandth; a tenth shakes what was learned.";
  figure.table.head = {"rule", "layer", place_unit(results.settings), "update / weights"};
  const std::vector<std::string> names = names_of(results);
  for (std::size_t i = 0; i < names.size(); ++i) add_ratios(figure, results, results.entries[i], names[i]);
  figure.values["looks"] = results.settings.looks.size();
  figure.description = figure.caption;
  return figure;
}

Figure effective_rates(const RaceResults& results) {
  Figure figure;
  figure.id = "effective-rates";
  figure.title = "Effective learning rates over training";
  const std::vector<Rates> all = rates_of(results);
  if (all.empty()) return figure;
  const std::vector<Spread> spreads = final_spreads(all);
  figure.finding = finding(spreads);
  figure.caption =
      "How far one unit of gradient would move a weight by now, at each look. The line is the "
      "median weight of the layer; the band holds nine tenths of the weights, and stands out when a rule is "
      "picked. Rules that move every weight alike are not shown, nor is a last look where a schedule ended "
      "with steps of all but zero.";
  std::vector<std::string> words;
  words.reserve(spreads.size());
  for (const Spread& spread : spreads)
    words.push_back(fmt::format("{} in {} {}", spread.label, spread.layer, rounded_factor(spread.factor)));
  figure.description = figure.finding + " Factors at the end: " + in_words(words) + ".";
  figure.values["looks"] = results.settings.looks.size();
  figure.data["rates"] = rows_of(all, results.settings);
  figure.table = table_of(results);
  return figure;
}

}  // namespace gradus::lab
