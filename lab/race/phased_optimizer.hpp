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
/// its default hyperparameters, on the same schedule, moves the others. A rule that is evaluated at another
/// point than it trains at hands over the former to the next.
class PhasedOptimizer {
 public:
  /// Throws Error if there are two rules and one step.
  PhasedOptimizer(const Model& model, const TrainingSpec& spec, std::int64_t total_steps);

  /// Before the gradient is computed: forgets the last one, and
  /// lets the second rule take over when its turn has come.
  void begin_step();
  /// Throws Error if a hyperparameter leaves its range.
  StepReport step();

  /// Puts the parameters where the rule is evaluated, and back where it trains.
  void evaluate() { optimizer_->evaluate(); }
  void train() { optimizer_->train(); }

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
