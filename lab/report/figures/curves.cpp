#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "lab/report/figures/figure.hpp"
#include "lab/report/format.hpp"
#include "lab/report/summary.hpp"

/// The two figures over a training: its loss and the metric on the test set, a curve with a band for each rule.
namespace gradus::lab {
namespace {

using Json = nlohmann::ordered_json;

/// From two values Student's t makes an interval of 12.7 standard errors: bands that would hide all else.
constexpr int kSeedsForBands = 3;

struct Curve {
  std::string label;
  std::vector<Estimate> by_look;  ///< in the axis' unit; where a run diverged it ends, in NaN
  double end() const { return by_look.empty() ? kNotMeasured : by_look.back().mean; }
};

/// How many looks all runs came to, where some did not: a mean over the others would flatter the rule.
std::optional<std::size_t> looks_until_divergence(const Entry& entry, std::vector<double> Run::*member) {
  std::optional<std::size_t> looks;
  for (const Run& run : entry.runs) {
    const std::vector<double>& curve = run.*member;
    const auto stop = std::ranges::find_if(curve, [](double value) { return !std::isfinite(value); });
    const auto whole = static_cast<std::size_t>(stop - curve.begin());
    if (run.diverged || whole < curve.size()) looks = std::min(looks.value_or(whole), whole);
  }
  return looks;
}

Curve curve_of(const Entry& entry, std::vector<double> Run::*member, double unit) {
  Curve curve{entry.label, mean_curve(entry, member)};
  for (Estimate& value : curve.by_look) {
    value.mean *= unit;
    value.half_width *= unit;
  }
  if (const auto looks = looks_until_divergence(entry, member)) {
    curve.by_look.resize(*looks);
    curve.by_look.emplace_back();
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
    for (const Estimate& value : curve.by_look)
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

/// All of the means; but a rule that learned little must not press the others together: fifteen points, or four times
/// the way from the best end to the median one, beyond that the scale stops.
Json metric_limits(const std::vector<Curve>& curves, const Metric& metric, double target) {
  const std::vector<double> means = finite_means(curves);
  double low = std::ranges::min(means), high = std::ranges::max(means);
  const std::vector<const Curve*> ends = by_end(curves);
  if (!ends.empty()) {
    const double median = median_end(curves);
    const double best = (metric.highest_is_best ? ends.back() : ends.front())->end();
    const double reach = metric.unit == "%" ? 15 : 4 * std::abs(median - best) + 0.1 * std::abs(median);
    if (metric.highest_is_best)
      low = std::max(low, median - reach);
    else
      high = std::min(high, median + reach);
  }
  high = std::max(high, low + std::pow(10, -metric.digits));
  if (target > low - 0.1 * (high - low) && target < high + 0.1 * (high - low)) {
    low = std::min(low, target);
    high = std::max(high, target);
  }
  const double margin = 0.06 * (high - low);
  low -= margin;
  high += margin;
  if (metric.unit == "%") {
    low = std::max(low, 0.0);
    high = std::min(high, 100.0);
  }
  return {{"lowest", low}, {"highest", high}};
}

Json rows_of(const std::vector<Curve>& curves, const RaceResults& results) {
  const std::vector<std::string> names = names_of(results);
  Json rows = Json::array();
  for (std::size_t i = 0; i < curves.size(); ++i)
    for (std::size_t look = 0; look < curves[i].by_look.size(); ++look) {
      const Estimate& value = curves[i].by_look[look];
      const double reach = value.n < kSeedsForBands ? kNotMeasured : value.half_width;
      rows.push_back({{"rule", names[i]},
                      {"at", place_of(look, results.settings)},
                      {"mean", value.mean},
                      {"low", value.mean - reach},
                      {"high", value.mean + reach}});
    }
  return rows;
}

std::size_t looks_of(const std::vector<Curve>& curves) {
  std::size_t looks = 0;
  for (const Curve& curve : curves) looks = std::max(looks, curve.by_look.size());
  return looks;
}

Table table_of(const RaceResults& results, std::vector<double> Run::*curve, int digits, double unit) {
  Table table{{"rule"}, {}};
  std::size_t looks = 0;
  for (const Entry& entry : results.entries) {
    Table::Row row{entry.label, {}};
    for (const Estimate& value : mean_curve(entry, curve))
      row.cells.push_back(with_interval(value, digits, unit));
    looks = std::max(looks, row.cells.size());
    table.rows.push_back(std::move(row));
  }
  for (std::size_t look = 0; look < looks; ++look)
    table.head.push_back(
        fmt::format("{} {:.6g}", place_unit(results.settings), place_of(look, results.settings)));
  for (Table::Row& row : table.rows) row.cells.resize(looks);
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
    for (const Estimate& value : curve.by_look) {
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
  figure.title = fmt::format("Training loss by {}", place_unit(results.settings));
  const std::vector<Curve> curves = curves_of(results, &Run::train_loss, 1);
  const std::vector<double> means = finite_means(curves);
  if (means.empty() || std::ranges::min(means) <= 0)
    return figure;  // a logarithmic scale has no place for those
  figure.values = loss_limits(curves);
  if (const auto order = by_end(curves); order.size() > 1)
    figure.finding = fmt::format("{} ends with the lowest training loss, {}; {} with the highest, {}.",
                                 order.front()->label, significant(order.front()->end()), order.back()->label,
                                 significant(order.back()->end()));
  figure.caption =
      fmt::format("Mean loss over the batches since the look before, on a logarithmic scale. {}{}",
                  band_caption(results), edge_caption(curves, figure.values, "upper"));
  figure.description = figure.finding + " " + ends_in_words(curves, 3);
  figure.values["looks"] = looks_of(curves);
  figure.data["curves"] = rows_of(curves, results);
  figure.table = table_of(results, &Run::train_loss, 4, 1);
  return figure;
}

Figure test_metric(const RaceResults& results) {
  const Metric& metric = results.settings.metric;
  Figure figure;
  figure.id = "test-metric";
  figure.title = fmt::format("Test {} by {}", metric.name, place_unit(results.settings));
  const std::vector<Curve> curves = curves_of(results, &Run::test_metric, metric.scale);
  if (finite_means(curves).empty()) return figure;
  const double target = metric.scale * results.settings.target;
  figure.values = metric_limits(curves, metric, target);
  figure.values["best_is_high"] = metric.highest_is_best;
  figure.values["shown_metric"] =
      fmt::format("test {}{}", metric.name, metric.unit.empty() ? "" : " (" + metric.unit + ")");
  if (const auto order = by_end(curves); order.size() > 1)
    figure.finding = fmt::format("{} ends highest, at {}{}; {} lowest, at {}{}.", order.back()->label,
                                 fixed(order.back()->end(), metric.digits), metric.unit, order.front()->label,
                                 fixed(order.front()->end(), metric.digits), metric.unit);
  const RaceSettings& s = results.settings;
  const std::string line =
      has_target(s)
          ? fmt::format(" The dotted line is the target of the validation split, {}.", target_text(s))
          : "";
  figure.caption = fmt::format(
      "On {} of the test set, at each look. {}{}{}",
      s.test_size > 0 ? "the " + counted(s.test_size, "example") : "the examples", band_caption(results),
      line, edge_caption(curves, figure.values, metric.highest_is_best ? "lower" : "upper"));
  figure.description = figure.finding + " " + ends_in_words(curves, metric.digits);
  figure.data["targets"] = Json::array();
  if (target > figure.values["lowest"] && target < figure.values["highest"])
    figure.data["targets"].push_back({{"target", target}});
  figure.values["looks"] = looks_of(curves);
  figure.data["curves"] = rows_of(curves, results);
  figure.table = table_of(results, &Run::test_metric, metric.digits, metric.scale);
  return figure;
}

}  // namespace gradus::lab
