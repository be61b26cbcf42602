#pragma once

#include "lab/tasks/task.hpp"

/// The rows of the table of tasks, each in the file of its name.
namespace gradus::lab {

extern const TaskKind kFashionMlp, kFashionCnn, kQuadratic, kRotatedQuadratic, kRosenbrock,
    kDriftingQuadratic, kReddi, kWilson;

inline constexpr const char* kUsualRules = "sgd,momentum,adagrad,rmsprop,adam,adamw,adam>sgd";

/// Of so many classes. Two that differ by a quarter of a percent are as good as each other.
inline Metric accuracy_metric(int classes) {
  return {.name = "accuracy",
          .highest_is_best = true,
          .scale = 100,
          .unit = "%",
          .digits = 2,
          .chance = 1.0 / classes,
          .margin = 0.0025};
}

}  // namespace gradus::lab
