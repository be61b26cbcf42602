#pragma once

#include <atomic>

#include "lab/minima/results.hpp"
#include "lab/race/entry_spec.hpp"
#include "lab/race/race.hpp"
#include "lab/tasks/task.hpp"

/// Trainings that are asked how curved the loss is where they are, and at the end what lies between them.
namespace gradus::lab {

struct MinimaOptions {
  std::vector<EntrySpec> entries;  ///< of one rule each; a learning rate that is not given is the usual one
  std::string schedule = "constant";
  std::int64_t steps = 1, looks = 1, batch = 1;
  std::int64_t examples = 1;  ///< the loss is over the first so many of training
  std::uint64_t seed = 1;
  int threads = 1;  ///< trainings at a time
};

/// All but the settings. Each rule is trained from the same start with the same batches, and measured at the
/// start and at each look, where it is evaluated. Throws Error for an entry of two rules and for a task that
/// has no such landscape; Stopped soon after `stop` turns true; and what run_race() throws.
MinimaResults measure_minima(const MinimaOptions& options, const Task& task, RaceObserver& observer,
                             const std::atomic<bool>& stop);

}  // namespace gradus::lab
