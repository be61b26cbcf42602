#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "lab/race/entry_spec.hpp"
#include "lab/race/search.hpp"
#include "lab/race/training.hpp"
#include "lab/results/results.hpp"

namespace gradus::lab {

struct RaceOptions {
  std::string schedule = "cosine";
  std::vector<EntrySpec> entries;
  TuningPlan tuning;                                ///< with the steps below
  std::vector<std::uint64_t> seeds{1, 2, 3, 4, 5};  ///< one final run for each; none that tuning uses
  std::int64_t steps = 0;                           ///< of a final run
  std::vector<std::int64_t> looks;                  ///< of a final run
  std::int64_t batch = 1;
  const Probe* probe = nullptr;  ///< of final runs, if any
  int threads = 1;               ///< trainings at a time; the caller's is one of them
};

/// A training of the race, for people.
struct RaceJob {
  std::string label;  ///< of the entry
  bool is_trial;      ///< otherwise a final run
  int number;         ///< 1 for the first trial of this entry, or the first seed
  Points points;
  std::uint64_t seed;
  std::int64_t steps;
};

/// How far the race is, in steps of trainings. `planned` grows when a grid is extended.
struct RaceProgress {
  std::int64_t done = 0;
  std::int64_t planned = 0;
};

/// Thrown by those who run races where the user wants no more of it.
struct Stopped {};

/// Told what happens, from any thread, one call at a time.
class RaceObserver {
 public:
  virtual ~RaceObserver() = default;
  virtual void moved(const RaceJob&, const TrainingMoment&, const RaceProgress&) {}
  virtual void finished(const RaceJob&, const TrainingRecord&, const RaceProgress&) {}
};

/// Runs the race and fills in `entries`, `interrupted` and `seconds`.
///
/// Each rule's point is searched for on the validation split (search.hpp), with seeds that no final run uses. Of
/// two rules in a row the first keeps what was found for it alone, and the second's is searched for. Then come
/// the final runs, one a seed: nothing is chosen after the test set was looked at. What is computed depends on
/// neither the number of threads nor their speed.
///
/// When `stop` turns true, trainings end at their next batch;
/// what is complete stays. Throws what `train` throws.
RaceResults run_race(const RaceOptions& options, const Trainer& train, RaceObserver& observer,
                     const std::atomic<bool>& stop);

}  // namespace gradus::lab
