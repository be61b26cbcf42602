#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "lab/report/figures/figure.hpp"
#include "lab/report/format.hpp"
#include "lab/report/summary.hpp"

/// The two figures over epochs: training loss and test accuracy, a curve with a band for each rule.
namespace gradus::lab {
namespace {

using Json = nlohmann::ordered_json;

/// From two values Student's t makes an interval of 12.7 standard errors: bands that would hide all else.
constexpr int kSeedsForBands = 3;

struct Curve {
  std::string label;
  std::vector<Estimate> by_epoch;  ///< in the axis' unit; where a run diverged it ends, in NaN
  double end() const { return by_epoch.empty() ? kNotMeasured : by_epoch.back().mean; }
};

/// How many epochs all runs came through, where some did not: a mean over the others would flatter the rule.
std::optional<std::size_t> epochs_until_divergence(const Entry& entry, std::vector<double> Run::*member) {
  std::optional<std::size_t> epochs;
  for (const Run& run : entry.runs) {
    const std::vector<double>& curve = run.*member;
    const auto stop = std::ranges::find_if(curve, [](double value) { return !std::isfinite(value); });
    const auto whole = static_cast<std::size_t>(stop - curve.begin());
    if (run.diverged || whole < curve.size()) epochs = std::min(epochs.value_or(whole), whole);
  }
  return epochs;
}

Curve curve_of(const Entry& entry, std::vector<double> Run::*member, double unit) {
  Curve curve{entry.label, mean_curve(entry, member)};
  for (Estimate& value : curve.by_epoch) {
    value.mean *= unit;
    value.half_width *= unit;
  }
  if (const auto epochs = epochs_until_divergence(entry, member)) {
    curve.by_epoch.resize(*epochs);
    curve.by_epoch.emplace_back();
  }
  return curve;
}

std::vector<Curve> curves_of(const RaceResults& results, std::vector<double> Run::*member, double unit) {
  std::vector<Curve> curves;
  curves.reserve(results.entries.size());
  for (const Entry& entry : results.entries) curves.push_back(curve_of(entry, member, unit));
  return curves;
}

/// The curves' ends in order, lowest first; those that end in NaN are left out.
std::vector<const Curve*> by_end(const std::vector<Curve>& curves) {
  std::vector<const Curve*> sorted;
  for (const Curve& curve : curves)
    if (std::isfinite(curve.end())) sorted.push_back(&curve);
  std::ranges::stable_sort(sorted, {}, [](const Curve* c) { return c->end(); });
  return sorted;
}

std::vector<double> finite_means(const std::vector<Curve>& curves) {
  std::vector<double> means;
  for (const Curve& curve : curves)
    for (const Estimate& value : curve.by_epoch)
      if (std::isfinite(value.mean)) means.push_back(value.mean);
  return means;
}

double median_end(const std::vector<Curve>& curves) {
  const auto sorted = by_end(curves);
  return sorted.empty() ? kNotMeasured : sorted[sorted.size() / 2]->end();
}

/// All of the means, but for a rule that blew up: beyond thirty times the median end the scale stops.
Json loss_limits(const std::vector<Curve>& curves) {
  const std::vector<double> means = finite_means(curves);
  const double low = std::max(std::ranges::min(means), 1e-12);
  const double ceiling = 30 * std::fmax(median_end(curves), low);
  const double high = std::clamp(std::ranges::max(means), 1.05 * low, ceiling);
  const double margin = std::pow(high / low, 0.06);
  return {{"lowest", low / margin}, {"highest", high * margin}};
}

/// In percent. A rule that learned little must not press the others together: 15 points below the median end
/// the scale stops.
Json accuracy_limits(const std::vector<Curve>& curves, double target) {
  const std::vector<double> means = finite_means(curves);
  const double floor = std::fmin(median_end(curves), 100) - 15;
  double low = std::max(std::ranges::min(means), std::isfinite(floor) ? floor : 0);
  const double high = std::max(std::ranges::max(means), low + 1);
  if (target > low - 1) low = std::min(low, target);
  const double margin = 0.06 * (high - low);
  return {{"lowest", std::max(low - margin, 0.0)}, {"highest", std::min(high + margin, 100.0)}};
}

Json rows_of(const std::vector<Curve>& curves, const std::vector<std::string>& names) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < curves.size(); ++i)
    for (std::size_t epoch = 0; epoch < curves[i].by_epoch.size(); ++epoch) {
      const Estimate& value = curves[i].by_epoch[epoch];
      const double reach = value.n < kSeedsForBands ? kNotMeasured : value.half_width;
      rows.push_back({{"rule", names[i]},
                      {"epoch", epoch + 1},
                      {"mean", value.mean},
                      {"low", value.mean - reach},
                      {"high", value.mean + reach}});
    }
  return rows;
}

std::size_t epochs_of(const std::vector<Curve>& curves) {
  std::size_t epochs = 0;
  for (const Curve& curve : curves) epochs = std::max(epochs, curve.by_epoch.size());
  return epochs;
}

Table table_of(const RaceResults& results, std::vector<double> Run::*curve, int digits, double unit) {
  Table table{{"rule"}, {}};
  std::size_t epochs = 0;
  for (const Entry& entry : results.entries) {
    Table::Row row{entry.label, {}};
    for (const Estimate& value : mean_curve(entry, curve))
      row.cells.push_back(with_interval(value, digits, unit));
    epochs = std::max(epochs, row.cells.size());
    table.rows.push_back(std::move(row));
  }
  for (std::size_t epoch = 1; epoch <= epochs; ++epoch) table.head.push_back(fmt::format("epoch {}", epoch));
  for (Table::Row& row : table.rows) row.cells.resize(epochs);
  return table;
}

std::string band_caption(const RaceResults& results) {
  const std::size_t seeds = results.settings.seeds.size();
  if (seeds < 2) return "One seed, so there is no band to say how much chance there is in it.";
  const std::string lines = fmt::format("Each line is the mean over {} seeds", seeds);
  if (seeds < kSeedsForBands)
    return lines +
           "; their 95% confidence intervals, too wide to draw from two values, are in the table below.";
  return lines + "; the band around it is the 95% confidence interval.";
}

/// What marks at the edge mean, where there are any.
std::string edge_caption(const std::vector<Curve>& curves, const Json& limits, const char* edge) {
  const double lowest = limits["lowest"], highest = limits["highest"];
  bool diverged = false, beyond = false;
  for (const Curve& curve : curves)
    for (const Estimate& value : curve.by_epoch) {
      diverged |= !std::isfinite(value.mean);
      beyond |= value.mean < lowest || value.mean > highest;
    }
  std::vector<std::string> marks;
  if (diverged) marks.emplace_back("a cross marks where a run diverged");
  if (beyond) marks.emplace_back("a triangle a mean that lies beyond");
  return marks.empty() ? "" : fmt::format(" At the {} edge {}.", edge, in_words(marks));
}

/// "At the end: adam 0.2012, sgd 0.4410."
std::string ends_in_words(const std::vector<Curve>& curves, int digits) {
  std::vector<std::string> ends;
  ends.reserve(curves.size());
  for (const Curve& curve : curves) ends.push_back(curve.label + " " + fixed(curve.end(), digits));
  return "At the end: " + in_words(ends) + ".";
}

}  // namespace

Figure training_loss(const RaceResults& results) {
  Figure figure;
  figure.id = "training-loss";
  figure.title = "Training loss by epoch";
  const std::vector<Curve> curves = curves_of(results, &Run::train_loss, 1);
  if (finite_means(curves).empty()) return figure;
  figure.values = loss_limits(curves);
  if (const auto order = by_end(curves); order.size() > 1)
    figure.finding = fmt::format("{} ends with the lowest training loss, {}; {} with the highest, {}.",
                                 order.front()->label, fixed(order.front()->end(), 3), order.back()->label,
                                 fixed(order.back()->end(), 3));
  figure.caption =
      fmt::format("Mean cross-entropy over the batches of each epoch, on a logarithmic scale. {}{}",
                  band_caption(results), edge_caption(curves, figure.values, "upper"));
  figure.description = figure.finding + " " + ends_in_words(curves, 3);
  figure.values["looks"] = epochs_of(curves);
  figure.data["curves"] = rows_of(curves, names_of(results));
  figure.table = table_of(results, &Run::train_loss, 4, 1);
  return figure;
}

Figure test_accuracy(const RaceResults& results) {
  Figure figure;
  figure.id = "test-accuracy";
  figure.title = "Test accuracy by epoch";
  const std::vector<Curve> curves = curves_of(results, &Run::test_accuracy, 100);
  if (finite_means(curves).empty()) return figure;
  const double target = 100 * results.target_accuracy;
  figure.values = accuracy_limits(curves, target);
  if (const auto order = by_end(curves); order.size() > 1)
    figure.finding =
        fmt::format("{} ends highest, at {}%; {} lowest, at {}%.", order.back()->label,
                    fixed(order.back()->end(), 2), order.front()->label, fixed(order.front()->end(), 2));
  figure.caption = fmt::format(
      "Share of the {} test images named rightly, at the end of each epoch. {} The dotted line is the common "
      "target, {}%.{}",
      thousands(results.settings.test_size), band_caption(results), fixed(target, 1),
      edge_caption(curves, figure.values, "lower"));
  figure.description = figure.finding + " " + ends_in_words(curves, 2);
  figure.data["targets"] = Json::array();
  if (target > figure.values["lowest"]) figure.data["targets"].push_back({{"target", target}});
  figure.values["looks"] = epochs_of(curves);
  figure.data["curves"] = rows_of(curves, names_of(results));
  figure.table = table_of(results, &Run::test_accuracy, 2, 100);
  return figure;
}

}  // namespace gradus::lab
