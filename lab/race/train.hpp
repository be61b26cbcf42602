#pragma once

#include "lab/race/training.hpp"
#include "lab/tasks/task.hpp"

namespace gradus::lab {

/// Trains a task's model on the calling thread alone. Trials are examined at their last look only.
TrainingRecord train(const TrainingSpec& spec, const Task& task, const TrainingWatch& watch);

}  // namespace gradus::lab
