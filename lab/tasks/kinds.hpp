#pragma once

#include "lab/tasks/task.hpp"

/// The rows of the table of tasks, each in the file of its name.
namespace gradus::lab {

extern const TaskKind kFashionMlp, kFashionCnn, kQuadratic, kRotatedQuadratic, kRosenbrock,
    kDriftingQuadratic, kReddi, kWilson, kGlossBag, kGlossBagDense, kGlossBigram, kGlossLstm,
    kGlossTransformer;

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

/// Of so many tokens that may come next. Two that differ by 2 are as good as each other.
inline Metric perplexity_metric(int tokens) {
  return {.name = "perplexity",
          .highest_is_best = false,
          .scale = 1,
          .unit = "",
          .digits = 1,
          .chance = static_cast<double>(tokens),
          .margin = 2};
}

}  // namespace gradus::lab
