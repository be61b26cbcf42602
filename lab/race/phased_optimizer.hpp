#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lab/race/training.hpp"
#include "lab/tasks/task.hpp"

namespace gradus::lab {

/// The optimizer of an entry: its rule, or two rules one after the other, each born when its turn comes. One
/// schedule spans both. Matrix rules such as Muon get the parameters of two dimensions or more; AdamW with
/// its default hyperparameters, on the same schedule, moves the others. A rule that is evaluated at another
/// point than it trains at hands over the former to the next.
class PhasedOptimizer {
 public:
  /// Throws Error if there are two rules and one step.
  PhasedOptimizer(Problem& problem, const TrainingSpec& spec);

  /// Before the gradient is computed: forgets the last one, and
  /// lets the second rule take over when its turn has come.
  void begin_step();
  /// Throws Error if a hyperparameter leaves its range.
  StepReport step();

  /// Puts the parameters where the rule is evaluated, and back where it trains.
  void evaluate() { mover_->evaluate(); }
  void train() { mover_->train(); }

  /// Each layer's quantiles of the effective learning rate as of the last step; NaN where there is none.
  [[nodiscard]] std::vector<Quantiles> effective_rates() const;
  /// That of every element, in the order of Problem::parameters(); empty where one parameter has none.
  [[nodiscard]] std::vector<double> all_effective_rates() const;
  /// The layers that effective_rates() tells of, in the problem's order: the
  /// weights, if any is called so; otherwise all parameters.
  [[nodiscard]] std::vector<std::string> layers() const;

 private:
  void begin_phase(std::size_t phase);

  Problem& problem_;
  const TrainingSpec& spec_;
  Schedule schedule_;
  std::int64_t switch_step_;
  std::int64_t step_ = 0;
  std::unique_ptr<Mover> mover_;
};

/// The rule of a phase at a point, its learning rate not yet scheduled.
AnyRule rule_at(const PhaseSpec& phase, const Point& point);

/// What moves parameters of fewer than two dimensions beside the rule: "adamw" for
/// matrix rules, with these words for people; empty for others.
std::string companion_of(const AnyRule& rule);

}  // namespace gradus::lab
