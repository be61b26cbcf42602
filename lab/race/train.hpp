#pragma once

#include <cstdint>
#include <functional>

#include "lab/race/phased_optimizer.hpp"
#include "lab/race/training.hpp"
#include "lab/tasks/task.hpp"

namespace gradus::lab {

/// Shown a training before its first step and after each.
using TrainingVisit =
    std::function<void(std::int64_t steps_done, Problem& problem, PhasedOptimizer& optimizer)>;

/// Trains a task's model on the calling thread alone. Trials are examined at their last look only.
TrainingRecord train(const TrainingSpec& spec, const Task& task, const TrainingWatch& watch,
                     const TrainingVisit& visit = {});

}  // namespace gradus::lab
