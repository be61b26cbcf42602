#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/report/figures/figure.hpp"
#include "lab/report/format.hpp"
#include "lab/report/summary.hpp"

/// Effective learning rates over training: a small panel for each layer, all on the same axes.
namespace gradus::lab {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMedian = 2;
constexpr std::size_t kMostLayers = 4;
constexpr double kAlike = 1.001;  // rates nearer to each other than by this factor are one rate

struct Rates {
  std::string label;
  std::string name;
  std::vector<LayerRates> layers;
};

bool measured(const Quantiles& quantiles) {
  return std::ranges::all_of(quantiles, [](double q) { return std::isfinite(q) && q > 0; });
}

/// How many times larger the 95% quantile is than the 5% one.
double spread_of(const Quantiles& quantiles) { return quantiles.back() / quantiles.front(); }

/// Whether the rule told one weight of a layer from another.
bool adapts(const Quantiles& quantiles) { return measured(quantiles) && spread_of(quantiles) > kAlike; }

bool adapts(const LayerRates& layer) {
  return std::ranges::any_of(layer.by_epoch, [](const Quantiles& q) { return adapts(q); });
}

/// A schedule that ends at zero has all but switched the steps off by the end of the last epoch: such rates
/// say nothing of the rule, and would set the scale.
bool switched_off(const LayerRates& layer, std::size_t epoch) {
  return epoch > 0 && epoch + 1 == layer.by_epoch.size() &&
         layer.by_epoch[epoch][kMedian] < layer.by_epoch[epoch - 1][kMedian] / 1000;
}

/// Weights before biases, and no more than fit beside each other: the table below the figure has them all.
std::vector<LayerRates> shown(std::vector<LayerRates> layers) {
  if (layers.size() > kMostLayers)
    std::erase_if(layers, [](const LayerRates& layer) { return layer.layer.ends_with("bias"); });
  if (layers.size() > kMostLayers) layers.erase(layers.begin() + 2, layers.end() - 2);
  return layers;
}

/// Of the rules that move some weight unlike another.
std::vector<Rates> rates_of(const RaceResults& results) {
  std::vector<Rates> all;
  const std::vector<std::string> names = names_of(results);
  for (std::size_t i = 0; i < names.size(); ++i) {
    Rates rates{results.entries[i].label, names[i], shown(mean_effective_rates(results.entries[i]))};
    if (std::ranges::any_of(rates.layers, [](const LayerRates& l) { return adapts(l); }))
      all.push_back(std::move(rates));
  }
  return all;
}

Json rows_of(const std::vector<Rates>& all) {
  Json rows = Json::array();
  for (const Rates& rates : all)
    for (const LayerRates& layer : rates.layers)
      for (std::size_t epoch = 0; epoch < layer.by_epoch.size(); ++epoch) {
        const Quantiles& q = layer.by_epoch[epoch];
        if (!measured(q) || switched_off(layer, epoch)) continue;
        rows.push_back({{"rule", rates.name},
                        {"layer", layer.layer},
                        {"epoch", epoch + 1},
                        {"low", q.front()},
                        {"median", q[kMedian]},
                        {"high", q.back()}});
      }
  return rows;
}

std::size_t epochs_of(const std::vector<Rates>& all) {
  std::size_t epochs = 0;
  for (const Rates& rates : all)
    for (const LayerRates& layer : rates.layers) epochs = std::max(epochs, layer.by_epoch.size());
  return epochs;
}

Table table_of(const RaceResults& results) {
  Table table{{"rule", "layer", "epoch"}, {}};
  for (const int percent : kQuantilePercents) table.head.push_back(fmt::format("{}%", percent));
  for (const Entry& entry : results.entries)
    for (const LayerRates& layer : mean_effective_rates(entry))
      for (std::size_t epoch = 0; epoch < layer.by_epoch.size(); ++epoch) {
        Table::Row row{entry.label, {layer.layer, fmt::format("{}", epoch + 1)}};
        for (const double rate : layer.by_epoch[epoch]) row.cells.push_back(significant(rate));
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
    for (const LayerRates& layer : rates.layers) {
      const auto last = std::ranges::find_if(layer.by_epoch.rbegin(), layer.by_epoch.rend(),
                                             [](const Quantiles& q) { return adapts(q); });
      if (last != layer.by_epoch.rend()) spreads.push_back({rates.label, layer.layer, spread_of(*last)});
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

}  // namespace

Figure effective_rates(const RaceResults& results) {
  Figure figure;
  figure.id = "effective-rates";
  figure.title = "Effective learning rates over training";
  const std::vector<Rates> all = rates_of(results);
  if (all.empty()) return figure;
  const std::vector<Spread> spreads = final_spreads(all);
  figure.finding = finding(spreads);
  figure.caption =
      "How far one unit of gradient would move a weight by now, at the end of each epoch. The line is the "
      "median weight of the layer; the band holds nine tenths of the weights, and stands out when a rule is "
      "picked. Rules that move every weight alike are not shown, nor is a last epoch that a schedule ended "
      "with steps of all but zero.";
  std::vector<std::string> words;
  words.reserve(spreads.size());
  for (const Spread& spread : spreads)
    words.push_back(fmt::format("{} in {} {}", spread.label, spread.layer, rounded_factor(spread.factor)));
  figure.description = figure.finding + " Factors at the end: " + in_words(words) + ".";
  figure.values["looks"] = epochs_of(all);
  figure.data["rates"] = rows_of(all);
  figure.table = table_of(results);
  return figure;
}

}  // namespace gradus::lab
