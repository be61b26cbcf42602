#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lab/claims/claim.hpp"
#include "lab/race/journal.hpp"
#include "lab/race/race.hpp"
#include "lab/tasks/task.hpp"

namespace gradus::lab {

/// A comparison on a task, tuned as `gradus race` tunes; what is left empty or 0 is the task's own.
struct Contest {
  const TaskKind* task = nullptr;
  std::string rules = {};  ///< as `gradus race --rules` takes them
  std::string schedule = {};
  Budget budget = {};
  Budget quick = {};
  int looks = 0;
  std::vector<std::string> tuned{"lr"};
  std::int64_t batch = 0;
  const Probe* probe = nullptr;  ///< what final runs are asked at each look
};

/// What experiments are done with: seeds, processors, tasks that are loaded once, and races.
class Workbench {
 public:
  struct Amount {
    bool quick = false;
    std::uint64_t first_seed = 1;  ///< of final runs; tuning's are a thousand further
    int threads = 1;
    std::filesystem::path trainings =
        {};                    ///< folder of what was trained, so that it is not again; empty: nowhere
    std::string version = {};  ///< of gradus: what another one has trained is not taken
  };
  /// `observer` is told of every training, and when `stop` turns true experiments end with Stopped.
  Workbench(Amount amount, RaceObserver& observer, const std::atomic<bool>& stop)
      : amount_(std::move(amount)), observer_(observer), stop_(stop) {}

  [[nodiscard]] bool is_quick() const { return amount_.quick; }
  /// Five; three where it is to be quick.
  [[nodiscard]] std::vector<std::uint64_t> seeds() const;

  /// A race of which every run came to its end or diverged. Trainings that another race of the same task, length and
  /// schedule has done are not done again. Throws Stopped, and what run_race() throws.
  RaceResults race(const Contest& contest);

 private:
  const Task& task(const TaskKind& kind);
  Trainer trainer(const Task& task, const RaceSettings& settings);

  Amount amount_;
  RaceObserver& observer_;
  const std::atomic<bool>& stop_;
  std::map<std::string, std::unique_ptr<const Task>> tasks_;  // by name
  std::map<std::string, Journal> journals_;                   // by what their trainings have in common
};

/// The entry with that label, or that was typed so. Throws Error if there is none.
const Entry& entry_of(const RaceResults& race, std::string_view name);
/// A number of each final run of the entry; NaN for those that diverged.
std::vector<double> of_runs(const RaceResults& race, std::string_view name, double (*number)(const Run&));
/// The metric on the test set, by run.
std::vector<double> test_metrics(const RaceResults& race, std::string_view label);
/// By how much a's runs end better than b's on the test set, by seed: in points of a metric where more is better, which
/// is accuracy, or in percent of one where less is, which is perplexity.
std::vector<double> lead_of(const RaceResults& race, std::string_view a, std::string_view b);
/// Joins lists of questions.
std::vector<Question> joined(std::vector<Question> first, const std::vector<Question>& more);
/// Element by element.
std::vector<double> operator-(const std::vector<double>& a, const std::vector<double>& b);
/// At a look: the metric on the test set; and the median effective rate of the first layer.
double test_metric_at(const Run& run, std::size_t look);
double median_rate_at(const Run& run, std::size_t look);
/// ln of median_rate_at() the last look, less that at a tenth of the way.
double log_decline_of_rate(const Run& run);

/// A curve for each entry, with a point for each look: the mean over its runs.
void add_curves(Plot& plot, const std::string& panel, const RaceResults& race,
                double (*number)(const Run& run, std::size_t look));
/// The mean of a number over seeds, as a point of a curve.
CurvePoint curve_point(std::string panel, std::string series, double x, const std::vector<double>& by_seed);

}  // namespace gradus::lab
