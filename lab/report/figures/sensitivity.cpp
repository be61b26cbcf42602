#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "lab/report/figures/figure.hpp"
#include "lab/report/format.hpp"
#include "lab/report/summary.hpp"

/// The validation metric against each tuned hyperparameter: how finely must a rule be tuned?
namespace gradus::lab {
namespace {

using Json = nlohmann::ordered_json;

/// What stands for the trials at one point and of one length: their mean; NaN if one diverged.
struct Dot {
  std::string rule, panel;
  double value = 0;  ///< of the hyperparameter, or what it lacks to 1
  double metric = 0;
  bool chosen = false, on_grid = false;
};

/// Decay rates are near 1, where a logarithm of what they lack tells them apart.
bool is_decay_rate(const std::string& name) {
  return name.starts_with("beta") || name == "momentum" || name == "rho" || name == "alpha";
}

std::string panel_of(const std::string& name, std::int64_t steps, const RaceSettings& s) {
  return fmt::format("{}{}, after {}", is_decay_rate(name) ? "1 - " : "", name, counted(steps, "step")) +
         (steps < s.steps ? " (screening)" : "");
}

/// By panel, then by value.
std::vector<Dot> dots_of(const Entry& entry, const std::string& rule, const RaceSettings& s) {
  std::map<std::tuple<std::int64_t, Points>, std::vector<double>> metrics;
  for (const Trial* trial : trials_of_whole(entry))
    metrics[{trial->steps, trial->points}].push_back(trial->diverged ? kNotMeasured
                                                                     : trial->validation_metric);
  std::vector<Dot> dots;
  for (const auto& [key, values] : metrics) {
    const auto& [steps, points] = key;
    double mean = 0;
    for (const double value : values) mean += value / static_cast<double>(values.size());
    for (const std::string& name : s.tuned)
      if (const auto found = points.back().find(name); found != points.back().end())
        dots.push_back({rule, panel_of(name, steps, s),
                        is_decay_rate(name) ? 1 - found->second : found->second, s.metric.scale * mean,
                        points == entry.chosen, s.tuned.size() == 1});
  }
  return dots;
}

std::vector<Dot> all_dots(const RaceResults& results) {
  std::vector<Dot> all;
  const std::vector<std::string> names = names_of(results);
  for (std::size_t i = 0; i < names.size(); ++i)
    for (Dot& dot : dots_of(results.entries[i], names[i], results.settings))
      if (dot.value > 0) all.push_back(std::move(dot));
  return all;
}

/// Of all that is near the best: what is further than four times the way to the median stands at the edge.
Json limits(const std::vector<Dot>& dots, const Metric& metric) {
  std::vector<double> metrics;
  for (const Dot& dot : dots)
    if (std::isfinite(dot.metric)) metrics.push_back(dot.metric);
  if (metrics.empty()) return {{"lowest", 0}, {"highest", 1}};
  std::ranges::sort(metrics);
  const double median = metrics[metrics.size() / 2];
  double low = metrics.front(), high = metrics.back();
  const double best = metric.highest_is_best ? high : low;
  const double reach = std::max(4 * std::abs(median - best), std::pow(10, -metric.digits));
  if (metric.highest_is_best)
    low = std::max(low, best - reach);
  else
    high = std::min(high, best + reach);
  const double margin = std::max(0.06 * (high - low), std::pow(10, -metric.digits));
  return {{"lowest", low - margin}, {"highest", high + margin}};
}

Json rows_of(const std::vector<Dot>& dots) {
  Json rows = Json::array();
  for (const Dot& dot : dots)
    rows.push_back({{"rule", dot.rule},
                    {"panel", dot.panel},
                    {"value", dot.value},
                    {"metric", dot.metric},
                    {"chosen", dot.chosen},
                    {"on_grid", dot.on_grid}});
  return rows;
}

Table trials_of(const RaceResults& results) {
  const Metric& metric = results.settings.metric;
  Table table{
      {"rule", "tuned", "steps", "seed", "validation " + metric.name, "validation loss", "training loss", ""},
      {}};
  for (const Entry& entry : results.entries)
    for (const Trial& trial : entry.trials) {
      const char* remark = trial.points == entry.chosen ? "chosen" : trial.diverged ? "diverged" : "";
      table.rows.push_back({entry.label,
                            {points_text(trial.points), thousands(trial.steps), fmt::format("{}", trial.seed),
                             fixed(metric.scale * trial.validation_metric, metric.digits),
                             fixed(trial.validation_loss, 4), fixed(trial.train_loss, 4), remark}});
    }
  return table;
}

double sensitivity_of(const Entry& entry) {
  const auto found = entry.summary.sensitivity.find("lr");
  return found == entry.summary.sensitivity.end() ? kNotMeasured : found->second;
}

std::string finding(const RaceResults& results) {
  const Metric& metric = results.settings.metric;
  const Entry* least = nullptr;
  const Entry* most = nullptr;
  for (const Entry& entry : results.entries) {
    const double lost = sensitivity_of(entry);
    if (!std::isfinite(lost)) continue;
    if (least == nullptr || lost < sensitivity_of(*least)) least = &entry;
    if (most == nullptr || lost > sensitivity_of(*most)) most = &entry;
  }
  if (least == most) return "";
  const auto told = [&](const Entry& entry) {
    return fmt::format("{} loses {}{}", entry.label,
                       fixed(metric.scale * sensitivity_of(entry), metric.digits),
                       metric.unit == "%" ? " points" : "");
  };
  return fmt::format("One grid step off its best learning rate, {} on average; {}.", told(*least),
                     told(*most));
}

std::string failures_in_words(const RaceResults& results) {
  std::int64_t trials = 0, diverged = 0;
  for (const Entry& entry : results.entries) {
    trials += static_cast<std::int64_t>(entry.trials.size());
    diverged += std::ranges::count_if(entry.trials, &Trial::diverged);
  }
  return fmt::format("{} of {} diverged.", diverged, counted(trials, "trial"));
}

/// What the point of two rules in turn means here.
std::string two_rules_in_words(const RaceResults& results) {
  for (const Entry& entry : results.entries)
    if (entry.chosen.size() > 1)
      return fmt::format(" Of two rules in turn ({}) it shows the second's, for its part of the training.",
                         entry.label);
  return "";
}

}  // namespace

Figure sensitivity(const RaceResults& results) {
  const Metric& metric = results.settings.metric;
  Figure figure;
  figure.id = "sensitivity";
  figure.title = "Sensitivity to " + in_words(results.settings.tuned);
  const std::vector<Dot> dots = all_dots(results);
  if (dots.empty()) return figure;
  figure.finding = finding(results);
  figure.caption = fmt::format(
      "The {} on the validation split by what was tuned: a mean where several seeds were trained at one "
      "point. A ring marks "
      "the point that each rule raced at; at the edge, a cross marks a trial that diverged, a triangle one "
      "that ended "
      "further off.{} {}",
      metric.name, two_rules_in_words(results), failures_in_words(results));
  figure.description = figure.finding + " " + failures_in_words(results);
  figure.values = limits(dots, metric);
  figure.values["best_is_high"] = metric.highest_is_best;
  figure.values["shown_metric"] =
      fmt::format("validation {}{}", metric.name, metric.unit.empty() ? "" : " (" + metric.unit + ")");
  figure.data["trials"] = rows_of(dots);
  figure.table = trials_of(results);
  return figure;
}

}  // namespace gradus::lab
