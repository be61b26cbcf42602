#include "lab/report/remarks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/report/format.hpp"
#include "lab/report/measures.hpp"

namespace gradus::lab {
namespace {

std::string shown(double metric, const Metric& as) { return fixed(as.scale * metric, as.digits) + as.unit; }

/// Mean validation metric of the whole trials at the entry's point. NaN if there are none, as where it was given.
double reached_in_trials(const Entry& entry, const RaceSettings& settings) {
  std::vector<double> reached;
  for (const Trial& trial : entry.trials)
    if (!trial.diverged && trial.steps == settings.steps && trial.points == entry.chosen)
      reached.push_back(trial.validation_metric);
  return estimate(reached).mean;
}

std::string runs_that(const char* what, std::size_t count, std::size_t all) {
  if (count == all) return fmt::format("{} {}", all == 1 ? "its run" : "all runs", what);
  return fmt::format("{} of {} runs {}", count, all, what);
}

std::string ground_to_expect_more(const Entry& entry, const RaceSettings& settings) {
  const double reached = reached_in_trials(entry, settings);
  if (std::isfinite(reached)) return "trials at this point had reached " + shown(reached, settings.metric);
  return "guessing gets " + shown(settings.metric.chance, settings.metric);
}

void add_runs(std::vector<std::string>& remarks, const Entry& entry, const RaceSettings& settings) {
  std::size_t diverged = 0, collapsed = 0, exploded = 0;
  double worst = kNotMeasured;
  const std::vector<const Run*> runs = finished_runs(entry);
  for (const Run* run : runs) {
    diverged += run->diverged ? 1 : 0;
    if (run->diverged) continue;
    exploded += has_exploded(*run) ? 1 : 0;
    if (!has_collapsed(*run, entry, settings)) continue;
    ++collapsed;
    if (!std::isfinite(worst) || settings.metric.is_better(worst, run->final_test_metric))
      worst = run->final_test_metric;
  }
  if (diverged > 0) remarks.push_back(runs_that("diverged", diverged, runs.size()));
  if (collapsed > 0)
    remarks.push_back(fmt::format("{}: to {}, where {}", runs_that("collapsed", collapsed, runs.size()),
                                  shown(worst, settings.metric), ground_to_expect_more(entry, settings)));
  if (exploded > 0)
    remarks.push_back(runs_that("ended with a higher loss than they had", exploded, runs.size()));
}

std::string point_text(const Point& point) {
  std::string text;
  for (const auto& [name, value] : point)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, significant(value));
  return text;
}

void add_choice(std::vector<std::string>& remarks, const Entry& entry) {
  if (!entry.at_edge.empty())
    remarks.push_back(fmt::format("the best {} is the lowest or highest tried: a better one may lie beyond",
                                  in_words(entry.at_edge)));
  if (entry.selection.size() < 2) return;
  std::vector<std::string> choices;
  for (const Share& share : entry.selection)
    choices.push_back(fmt::format("{} ({:.0f}%)", point_text(share.point), 100 * share.share));
  remarks.push_back("with other tuning seeds the choice might be another: " + in_words(choices));
}

}  // namespace

bool has_collapsed(const Run& run, const Entry& entry, const RaceSettings& settings) {
  const Metric& metric = settings.metric;
  const double reached = reached_in_trials(entry, settings), end = run.final_test_metric;
  if (!std::isfinite(end)) return false;
  if (!std::isfinite(reached)) return std::isfinite(metric.chance) && !metric.is_better(end, metric.chance);
  const double fall = metric.highest_is_best ? reached - end : end - reached;
  const double half_way = std::isfinite(metric.chance) ? std::abs(reached - metric.chance) / 2 : 0;
  const double limit = std::max(20 * metric.margin, half_way);  // 0: nobody said what much is
  return limit > 0 && fall > limit;
}

bool has_exploded(const Run& run) {
  return run.train_loss.size() > 1 && std::isfinite(run.train_loss.front()) &&
         run.train_loss.back() > 1.5 * run.train_loss.front();
}

std::vector<std::string> remarks_on(const Entry& entry, const RaceSettings& settings) {
  std::vector<std::string> remarks;
  add_runs(remarks, entry, settings);
  add_choice(remarks, entry);
  for (const std::string& companion : entry.companions)
    if (!companion.empty() && std::ranges::find(remarks, companion) == remarks.end())
      remarks.push_back(companion);
  return remarks;
}

}  // namespace gradus::lab
