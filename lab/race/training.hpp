#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lab/race/entry_spec.hpp"
#include "lab/results/results.hpp"

/// One training from scratch, as the race orders it: data
/// only, so that a race can be tested without a network.
namespace gradus::lab {

struct TrainingSpec {
  std::string model;
  std::string schedule;
  std::vector<PhaseSpec> phases;
  double switch_at = 0.5;
  LearningRates lr;  ///< one for each phase
  int epochs = 1;
  int batch = 1;
  std::uint64_t seed = 0;  ///< of the initial parameters, the order of the batches, stochastic rounding
  bool with_test = false;  ///< a final run: also look at test set and effective rates, epoch by epoch
};

/// Where a training is.
struct TrainingMoment {
  double epochs_done = 0;  ///< whole and parts
  double loss = 0;         ///< of the batch
};

/// Called after each batch; false stops the training there.
using TrainingWatch = std::function<bool(const TrainingMoment&)>;

struct TrainingRecord {
  std::vector<double> train_loss;           ///< mean over the batches of each whole epoch
  std::vector<double> validation_loss;      ///< by epoch in a final run; otherwise of the end alone
  std::vector<double> validation_accuracy;  ///< likewise
  std::vector<double> test_accuracy;        ///< by epoch; empty unless with_test
  double final_test_loss = kNotMeasured;
  std::vector<LayerRates> effective_rates;
  double seconds = 0;
  double optimizer_step_seconds = kNotMeasured;
  bool diverged = false;  ///< a loss or gradient was not finite: stopped there
  bool stopped = false;   ///< by the watch
};

using Trainer = std::function<TrainingRecord(const TrainingSpec&, const TrainingWatch&)>;

}  // namespace gradus::lab
