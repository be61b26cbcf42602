#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/chunks.hpp"
#include "engine/crew.hpp"
#include "engine/measurements.hpp"
#include "engine/tensor.hpp"
#include "engine/workspaces.hpp"
#include "gradus/engine/executor.hpp"
#include "gradus/engine/isa.hpp"

namespace gradus::engine {

/// Runs the loops of a step over all its tensors at once: they are cut into chunks of fixed size, and the
/// chunks are shared out to threads as tasks of about equal work. So a hundred small tensors cost what one
/// large one costs.
class Runner {
 public:
  /// No executor: shared_executor(), from the first plan on that is worth a second thread.
  Runner(Isa isa, std::shared_ptr<Executor> executor) : isa_(isa), crew_(std::move(executor)) {}

  /// To be called when tensors have been added. What may throw, memory and threads, is found here: step()
  /// does not fail.
  void plan(std::span<const Tensor> tensors);

  struct Finding {
    std::vector<std::size_t> non_finite;   ///< tensors with NaN or an infinity in factor * gradient
    std::vector<std::size_t> overflowing;  ///< tensors whose gradient is finite and has a square that is not
    double norm;                           ///< 2-norm of factor * all gradients; NaN unless asked for
  };
  /// Looks at all gradients, and changes nothing.
  Finding survey(std::span<const Tensor> tensors, double factor, bool want_norm);

  /// Moves every tensor that has a gradient; Tensor::begin_step() was called for each of these.
  void step(std::span<Tensor> tensors);

  /// Moves every tensor to the point that its rule evaluates at; the tensors keep their training points.
  static void evaluate(std::span<const Tensor> tensors);

  /// What each element's averaged gradient was divided by in the last step.
  static std::vector<double> denominators(const Tensor& tensor);

 private:
  void find_large(std::span<const Tensor> tensors, double factor, Finding& finding);
  double norm(std::span<const Tensor> tensors, double factor);
  double root_of_squares(std::span<const Tensor> tensors, double factor);
  double largest(std::span<const Tensor> tensors);
  void transform(std::span<Tensor> tensors);

  Isa isa_;
  Crew crew_;
  Chunks chunks_;
  Measurements measurements_;
  Workspaces workspaces_;        // of matrix rules
  std::vector<double> results_;  // scratch: a number a chunk
};

}  // namespace gradus::engine
