#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/report/statistics.hpp"
#include "lab/results/results.hpp"

namespace gradus::lab {

/// A number that each run of a race has, and how people are told of it.
struct Measure {
  std::string name;     ///< "test_metric"
  std::string title;    ///< "test accuracy"
  std::string contest;  ///< what it is to be best at: "Best test accuracy"; empty: nothing
  bool highest_is_best = false;
  std::function<double(const Run&)> of;  ///< NaN where the run has none
  double Trial::*of_trial = nullptr;     ///< what tells in a trial how the choice of its point matters here
  double margin = 0;                     ///< two means that differ by less are as good as each other
  bool is_relative = false;  ///< the margin, and differences as they are told, are parts of the best
  std::function<std::string(const Estimate&)> say;  ///< a mean and its interval
  /// Whether a run's number is the most that it may be: what came before its first look nobody saw.
  std::function<bool(const Run&)> is_bound = [](const Run&) { return false; };

  /// "-0.35 ± 0.10 points", "+12 ± 3%"; beside a best mean.
  [[nodiscard]] std::string say_difference(double mean, double half_width, double best) const;
  [[nodiscard]] double margin_beside(double best) const;

  double scale = 1;         ///< of differences that are told as such
  int digits = 0;           ///< likewise
  std::string points = {};  ///< likewise: their unit, with a space before it
};

/// Metric on the test set, steps and seconds to the target, training loss, test loss, seconds a step, and the
/// logarithm of the effective learning rate, as a mean over layers and looks.
std::vector<Measure> measures(const RaceSettings& settings);

/// The runs that summaries are made of.
std::vector<const Run*> finished_runs(const Entry& entry);

/// Of the entry's finished runs, with the variance that the choice of its point adds.
Estimate mean_of(const Measure& measure, const Entry& entry, const RaceSettings& settings);

/// Whether some finished run's number is only the most that it may be.
bool is_bound(const Measure& measure, const Entry& entry);
/// The mean and its interval in words, after "≤ " where it is a bound.
std::string said(const Measure& measure, const Entry& entry, const Estimate& value);

/// How the mean varies with the choice of the entry's point: over what other tuning seeds would have chosen, by
/// the trials at those points.
OtherVariance selection_variance(const Measure& measure, const Entry& entry, const RaceSettings& settings);

/// a's mean less b's, over the seeds that both have finished.
Difference compare(const Measure& measure, const Entry& a, const Entry& b, const RaceSettings& settings);

/// The measure of that name, which must be one of measures().
Measure measure_of(const RaceSettings& settings, std::string_view name);

/// When the curve first is as good as `target`, between two looks by a straight line: in whatever `at` has a
/// number for each look of. NaN if it never is.
double reached_at(const std::vector<double>& curve, const std::vector<double>& at, const Metric& metric,
                  double target);

}  // namespace gradus::lab
