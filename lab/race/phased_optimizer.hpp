#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "gradus/libtorch.hpp"
#include "lab/models/model.hpp"
#include "lab/race/training.hpp"

namespace gradus::lab {

/// The optimizer of an entry: its rule, or two rules one after the other, each born when its turn comes. One
/// schedule spans both. Matrix rules such as Muon get the parameters of two dimensions or more; AdamW with
/// its default hyperparameters, on the same schedule, moves the others.
class PhasedOptimizer {
 public:
  /// Throws Error if there are two rules and one step.
  PhasedOptimizer(const Model& model, const TrainingSpec& spec, std::int64_t total_steps);

  void zero_grad() { optimizer_->zero_grad(); }
  /// Throws Error if a hyperparameter leaves its range.
  StepReport step();

  /// Each layer's quantiles of the effective learning rate as of the last step; NaN where there is none.
  [[nodiscard]] std::vector<Quantiles> effective_rates() const;
  /// The layers that effective_rates() tells of: the weights, in the model's order.
  [[nodiscard]] std::vector<std::string> layers() const;

 private:
  void begin_phase(std::size_t phase);

  const Model& model_;
  const TrainingSpec& spec_;
  Schedule schedule_;
  std::int64_t switch_step_;
  std::int64_t step_ = 0;
  std::unique_ptr<libtorch::Optimizer> optimizer_;
};

}  // namespace gradus::lab
