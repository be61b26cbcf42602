#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lab/race/entry_spec.hpp"
#include "lab/results/results.hpp"

/// One training from scratch, as the race orders it: data
/// only, so that a race can be tested without a task.
namespace gradus::lab {

class Problem;

/// What a final training's problem is asked at each look, beside what a record always tells.
struct Probe {
  const char* name;  ///< another name for other numbers: what was trained is remembered with it
  std::vector<double> (*numbers)(Problem& problem);
};

struct TrainingSpec {
  std::string schedule;
  std::vector<PhaseSpec> phases;
  double switch_at = 0.5;
  Points points;  ///< one for each phase
  std::int64_t steps = 1;
  std::vector<std::int64_t> looks;  ///< in order; the last is after the last step
  std::int64_t batch = 1;
  std::uint64_t seed = 0;        ///< of the initial parameters, the order of the batches, stochastic rounding
  bool is_final = false;         ///< also look at the test set and at how each layer moves
  const Probe* probe = nullptr;  ///< of final trainings alone
};

/// So many looks, as evenly spread over the steps as whole numbers allow; the last is after the last step.
std::vector<std::int64_t> even_looks(std::int64_t steps, std::int64_t count);

/// Where a training is.
struct TrainingMoment {
  std::int64_t steps_done = 0;
  double loss = 0;  ///< of the batch
};

/// Called after each batch; false stops the training there.
using TrainingWatch = std::function<bool(const TrainingMoment&)>;

/// Curves have a number for each look that was reached.
struct TrainingRecord {
  std::vector<double> train_loss;  ///< mean over the batches since the look before
  std::vector<double> validation_loss;
  std::vector<double> validation_metric;
  std::vector<double> test_metric;  ///< of final trainings alone, as what follows
  std::vector<LayerSteps> layers;
  std::vector<double> train_seconds;        ///< so far, without the looks
  std::vector<std::vector<double>> probed;  ///< by look; empty without a probe
  double final_test_loss = kNotMeasured;
  double seconds = 0;
  double optimizer_step_seconds = kNotMeasured;
  bool diverged = false;  ///< a loss or gradient was not finite: stopped there
  bool stopped = false;   ///< by the watch
};

using Trainer = std::function<TrainingRecord(const TrainingSpec&, const TrainingWatch&)>;

}  // namespace gradus::lab
