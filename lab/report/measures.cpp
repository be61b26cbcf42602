#include "lab/report/measures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/report/format.hpp"

namespace gradus::lab {
namespace {

constexpr std::size_t kMedian = 2;
static_assert(kQuantilePercents[kMedian] == 50);

double last(const std::vector<double>& curve) { return curve.empty() ? kNotMeasured : curve.back(); }

double mean_log_rate(const Run& run) {
  std::vector<double> logs;
  for (const LayerSteps& layer : run.layers)
    for (const Quantiles& rates : layer.effective_rates) logs.push_back(std::log(rates[kMedian]));
  return estimate(logs).mean;
}

std::string unit_of_differences(const Metric& metric) {
  return metric.unit == "%" ? " points" : metric.unit.empty() ? "" : " " + metric.unit;
}

bool reached(double value, const Metric& metric, double target) {
  return value == target || metric.is_better(value, target);
}

auto reached_at_first_look(const RaceSettings& s) {
  return [metric = s.metric, target = s.target](const Run& run) {
    return !run.validation_metric.empty() && reached(run.validation_metric.front(), metric, target);
  };
}

Measure test_metric(const Metric& metric) {
  const char* best = metric.highest_is_best ? "Best" : "Lowest";
  return {
      .name = "test_metric",
      .title = "test " + metric.name,
      .contest = fmt::format("{} test {}", best, metric.name),
      .highest_is_best = metric.highest_is_best,
      .of = [](const Run& run) { return run.final_test_metric; },
      .of_trial = &Trial::validation_metric,
      .margin = metric.margin,
      .say =
          [metric](const Estimate& e) { return with_interval(e, metric.digits, metric.scale) + metric.unit; },
      .scale = metric.scale,
      .digits = metric.digits,
      .points = unit_of_differences(metric)};
}

Measure loss(const char* name, const char* title, std::function<double(const Run&)> of,
             double Trial::*of_trial) {
  return {.name = name,
          .title = title,
          .contest = "",
          .of = std::move(of),
          .of_trial = of_trial,
          .margin = 0.02,
          .is_relative = true,
          .say = [](const Estimate& e) { return with_interval(e, 4); },
          .scale = 1,
          .digits = 4,
          .points = ""};
}

Measure steps_to_target(const RaceSettings& s) {
  const bool in_epochs = s.epoch_steps > 0;
  const double unit = in_epochs ? static_cast<double>(s.epoch_steps) : 1;
  return {.name = "steps_to_target",
          .title = in_epochs ? "epochs to the target" : "steps to the target",
          .contest = has_target(s)
                         ? fmt::format("Fewest {} to {}", in_epochs ? "epochs" : "steps", target_text(s))
                         : "",
          .of = [looks = std::vector<double>(s.looks.begin(), s.looks.end()), metric = s.metric,
                 target = s.target](
                    const Run& run) { return reached_at(run.validation_metric, looks, metric, target); },
          .margin = 0.05,
          .is_relative = true,
          .say =
              [in_epochs, unit](const Estimate& e) {
                return with_interval(e, in_epochs ? 2 : 0, 1 / unit) + (in_epochs ? " epochs" : " steps");
              },
          .is_bound = reached_at_first_look(s)};
}

Measure seconds_to_target(const RaceSettings& s) {
  return {.name = "seconds_to_target",
          .title = "seconds to the target",
          .contest = has_target(s) ? "Shortest time to " + target_text(s) : "",
          .of =
              [metric = s.metric, target = s.target](const Run& run) {
                return reached_at(run.validation_metric, run.train_seconds, metric, target);
              },
          .margin = 0.05,
          .is_relative = true,
          .say = duration_with_interval,
          .is_bound = reached_at_first_look(s)};
}

Measure step_seconds() {
  return {.name = "step_seconds",
          .title = "time of a step",
          .contest = "Cheapest step",
          .of = [](const Run& run) { return run.optimizer_step_seconds; },
          .margin = 0.05,
          .is_relative = true,
          .say = duration_with_interval};
}

Measure log_rate() {
  return {.name = "log_effective_rate",
          .title = "ln of effective rate",
          .contest = "",
          .of = mean_log_rate,
          .margin = 0.05,
          .say = [](const Estimate& e) { return with_interval(e, 4); },
          .scale = 1,
          .digits = 4,
          .points = ""};
}

}  // namespace

std::vector<Measure> measures(const RaceSettings& s) {
  Measure train = loss(
      "train_loss", "training loss", [](const Run& run) { return last(run.train_loss); }, &Trial::train_loss);
  // A function without examples has nothing to learn but itself: its loss says what its metric says.
  if (s.train_size > 0) train.contest = "Lowest training loss";
  return {test_metric(s.metric),
          steps_to_target(s),
          seconds_to_target(s),
          train,
          loss(
              "test_loss", "test loss", [](const Run& run) { return run.final_test_loss; },
              &Trial::validation_loss),
          step_seconds(),
          log_rate()};
}

Measure measure_of(const RaceSettings& settings, std::string_view name) {
  const std::vector<Measure> all = measures(settings);
  return *std::ranges::find(all, name, &Measure::name);
}

std::string Measure::say_difference(double mean, double half_width, double best) const {
  const bool as_part = is_relative && best != 0;
  const double by = as_part ? 100 / std::abs(best) : scale;
  const Estimate told{.mean = by * mean, .half_width = by * half_width, .n = 2};
  return (mean >= 0 ? "+" : "") + with_interval(told, as_part ? 1 : digits) + (as_part ? "%" : points);
}

double Measure::margin_beside(double best) const { return is_relative ? margin * std::abs(best) : margin; }

std::vector<const Run*> finished_runs(const Entry& entry) {
  std::vector<const Run*> runs;
  for (const Run& run : entry.runs)
    if (run.finished) runs.push_back(&run);
  return runs;
}

Estimate mean_of(const Measure& measure, const Entry& entry, const RaceSettings& settings) {
  std::vector<double> values;
  for (const Run* run : finished_runs(entry))
    values.push_back(run->diverged ? kNotMeasured : measure.of(*run));
  return estimate(values, selection_variance(measure, entry, settings));
}

bool is_bound(const Measure& measure, const Entry& entry) {
  return std::ranges::any_of(finished_runs(entry), [&](const Run* run) { return measure.is_bound(*run); });
}

std::string said(const Measure& measure, const Entry& entry, const Estimate& value) {
  return (is_bound(measure, entry) ? "≤ " : "") + measure.say(value);
}

OtherVariance selection_variance(const Measure& measure, const Entry& entry, const RaceSettings& settings) {
  if (measure.of_trial == nullptr) return {};
  std::vector<std::pair<double, double>> reached;  // share, and mean of the trials there
  double mean = 0, shares = 0;
  for (const Share& share : entry.selection) {
    std::vector<double> values;
    for (const Trial& trial : entry.trials)
      if (!trial.diverged && trial.steps == settings.steps && trial.points.size() == entry.chosen.size() &&
          std::ranges::includes(trial.points.back(), share.point))
        values.push_back(trial.*measure.of_trial);
    const double value = estimate(values).mean;
    if (!std::isfinite(value)) continue;
    shares += share.share;
    mean += share.share * value;
    reached.emplace_back(share.share, value);
  }
  if (shares == 0) return {};
  double variance = 0;
  for (const auto& [share, value] : reached)
    variance += share / shares * (value - mean / shares) * (value - mean / shares);
  return {variance, static_cast<double>(settings.tuning_seeds.size()) - 1};
}

Difference compare(const Measure& measure, const Entry& a, const Entry& b, const RaceSettings& settings) {
  std::vector<double> of_a, of_b;
  for (const Run* run : finished_runs(a))
    for (const Run* other : finished_runs(b))
      if (other->seed == run->seed) {
        of_a.push_back(run->diverged ? kNotMeasured : measure.of(*run));
        of_b.push_back(other->diverged ? kNotMeasured : measure.of(*other));
      }
  return difference(of_a, of_b,
                    selection_variance(measure, a, settings) + selection_variance(measure, b, settings));
}

double reached_at(const std::vector<double>& curve, const std::vector<double>& at, const Metric& metric,
                  double target) {
  for (std::size_t i = 0; i < std::min(curve.size(), at.size()); ++i) {
    if (!reached(curve[i], metric, target)) continue;
    if (i == 0 || !std::isfinite(curve[i - 1])) return at[i];
    const double part = (target - curve[i - 1]) / (curve[i] - curve[i - 1]);
    return at[i - 1] + part * (at[i] - at[i - 1]);
  }
  return kNotMeasured;
}

}  // namespace gradus::lab
