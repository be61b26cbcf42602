#include "lab/report/summary.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "lab/report/measures.hpp"
#include "lab/report/remarks.hpp"
#include "lab/report/verdicts.hpp"

namespace gradus::lab {
namespace {

/// Of the runs that have the number.
Estimate over_those_with(const Measure& measure, const Entry& entry) {
  std::vector<double> values;
  for (const Run* run : finished_runs(entry))
    if (const double value = measure.of(*run); !run->diverged && std::isfinite(value))
      values.push_back(value);
  return estimate(values);
}

/// The metric that a trial lost to the best, at worst what guessing or the worst trial gets.
double lost(const Trial& trial, const Trial& best, const Metric& metric) {
  const double loss = metric.highest_is_best ? best.validation_metric - trial.validation_metric
                                             : trial.validation_metric - best.validation_metric;
  const double most = std::abs(best.validation_metric - metric.chance);
  if (trial.diverged || !std::isfinite(loss)) return most;
  return std::isfinite(most) ? std::min(loss, most) : loss;
}

/// The trial of this length and seed at a rate; none if there was none.
const Trial* trial_at(const Entry& entry, double rate, const Trial& like) {
  const auto found = std::ranges::find_if(entry.trials, [&](const Trial& trial) {
    return trial.steps == like.steps && trial.seed == like.seed && trial.points[0].at("lr") == rate;
  });
  return found == entry.trials.end() ? nullptr : &*found;
}

/// What is lost on average at the nearest learning rates below and above the chosen one, by the longest trials that
/// were made at all three, and the mean over their seeds. Of two rules in turn each acts for a part of the training:
/// their rates' effect is no measure for either.
double rate_sensitivity(const Entry& entry, const Metric& metric) {
  if (entry.chosen.size() != 1) return kNotMeasured;
  const double rate = entry.chosen[0].at("lr");
  double below = kNotMeasured, above = kNotMeasured;
  for (const Trial& trial : entry.trials) {
    const double other = trial.points[0].at("lr");
    if (other < rate) below = std::fmax(below, other);
    if (other > rate) above = std::fmin(above, other);
  }
  std::map<std::int64_t, std::vector<double>> losses;  // by length
  for (const Trial& chosen : entry.trials) {
    if (chosen.points != entry.chosen || chosen.diverged) continue;
    const Trial *left = trial_at(entry, below, chosen), *right = trial_at(entry, above, chosen);
    if (left == nullptr || right == nullptr) continue;
    losses[chosen.steps].push_back((lost(*left, chosen, metric) + lost(*right, chosen, metric)) / 2);
  }
  return losses.empty() ? kNotMeasured : estimate(losses.rbegin()->second).mean;
}

double geometric_mean_ratio(const std::vector<Run>& runs, std::size_t layer, std::size_t look) {
  std::vector<double> logs;
  for (const Run& run : runs)
    if (layer < run.layers.size() && look < run.layers[layer].update_ratios.size())
      logs.push_back(std::log(run.layers[layer].update_ratios[look]));
  return std::exp(estimate(logs).mean);
}

/// Of each quantile of a layer at a look, over the runs that have come so far.
Quantiles geometric_mean(const std::vector<Run>& runs, std::size_t layer, std::size_t look) {
  Quantiles means{};
  for (std::size_t q = 0; q < means.size(); ++q) {
    std::vector<double> logs;
    for (const Run& run : runs)
      if (layer < run.layers.size() && look < run.layers[layer].effective_rates.size())
        logs.push_back(std::log(run.layers[layer].effective_rates[look][q]));
    means[q] = std::exp(estimate(logs).mean);
  }
  return means;
}

}  // namespace

std::vector<const Entry*> ranked(const RaceResults& results) {
  std::vector<const Entry*> entries;
  entries.reserve(results.entries.size());
  for (const Entry& entry : results.entries) entries.push_back(&entry);
  const Metric& metric = results.settings.metric;
  std::ranges::stable_sort(entries, [&](const Entry* a, const Entry* b) {
    const double x = a->summary.test_metric.mean, y = b->summary.test_metric.mean;
    return std::isfinite(x) && (!std::isfinite(y) || metric.is_better(x, y));
  });
  return entries;
}

std::string_view shortcoming(const Entry& entry) {
  if (std::isfinite(entry.summary.test_metric.mean)) return "";
  if (std::ranges::any_of(entry.runs, &Run::diverged)) return "diverged";
  if (!entry.runs.empty()) return "unfinished";
  if (!entry.trials.empty() && std::ranges::all_of(entry.trials, &Trial::diverged)) return "diverged";
  return "not run";
}

std::vector<Estimate> mean_curve(const Entry& entry, std::vector<double> Run::*curve) {
  std::vector<Estimate> means;
  for (std::size_t look = 0;; ++look) {
    std::vector<double> values;
    for (const Run& run : entry.runs)
      if (look < (run.*curve).size()) values.push_back((run.*curve)[look]);
    if (values.empty()) return means;
    means.push_back(estimate(values));
  }
}

std::vector<LayerSteps> mean_layers(const Entry& entry) {
  std::vector<LayerSteps> means;
  for (const Run& run : entry.runs) {
    means.resize(std::max(means.size(), run.layers.size()));
    for (std::size_t i = 0; i < run.layers.size(); ++i) {
      means[i].layer = run.layers[i].layer;
      means[i].effective_rates.resize(
          std::max(means[i].effective_rates.size(), run.layers[i].effective_rates.size()));
    }
  }
  for (std::size_t i = 0; i < means.size(); ++i)
    for (std::size_t look = 0; look < means[i].effective_rates.size(); ++look) {
      means[i].effective_rates[look] = geometric_mean(entry.runs, i, look);
      means[i].update_ratios.push_back(geometric_mean_ratio(entry.runs, i, look));
    }
  return means;
}

std::vector<const Trial*> trials_of_whole(const Entry& entry) {
  std::size_t phases = 0;
  for (const Trial& trial : entry.trials) phases = std::max(phases, trial.points.size());
  std::vector<const Trial*> trials;
  for (const Trial& trial : entry.trials)
    if (phases > 0 && trial.points.size() == phases) trials.push_back(&trial);
  return trials;
}

void summarize(RaceResults& results) {
  const auto named = [&](const char* name) { return measure_of(results.settings, name); };
  for (Entry& entry : results.entries) {
    Summary& summary = entry.summary;
    summary.test_metric = mean_of(named("test_metric"), entry, results.settings);
    summary.train_loss = mean_of(named("train_loss"), entry, results.settings);
    summary.step_seconds = over_those_with(named("step_seconds"), entry);
    summary.steps_to_target = over_those_with(named("steps_to_target"), entry);
    summary.seconds_to_target = over_those_with(named("seconds_to_target"), entry);
    summary.sensitivity.clear();
    if (const double lr = rate_sensitivity(entry, results.settings.metric); std::isfinite(lr))
      summary.sensitivity["lr"] = lr;
    summary.remarks = remarks_on(entry, results.settings);
  }
  results.verdicts = judge(results);
}

}  // namespace gradus::lab
