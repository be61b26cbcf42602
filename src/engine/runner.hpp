#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/bundles.hpp"
#include "engine/chunks.hpp"
#include "engine/inspection.hpp"
#include "engine/measurements.hpp"
#include "engine/roster.hpp"
#include "engine/rows/rows.hpp"
#include "engine/tensor.hpp"
#include "engine/workspaces.hpp"
#include "gradus/engine/crew.hpp"
#include "gradus/engine/executor.hpp"
#include "gradus/engine/isa.hpp"

namespace gradus::engine {

/// Runs the loops of a step over all its tensors at once: they are cut into chunks of fixed size, and the
/// chunks are shared out to threads as tasks of about equal work. So a hundred small tensors cost what one
/// large one costs.
class Runner {
 public:
  /// No executor: shared_executor(), from the first plan on that is worth a second thread.
  Runner(Isa isa, std::shared_ptr<Executor> executor)
      : isa_(isa), crew_(std::move(executor)), inspection_(isa) {}

  /// To be called when tensors have been added. What may throw, memory and threads, is found here: step()
  /// does not fail.
  void plan(std::span<Tensor> tensors);

  /// Begins a step: finds out which tensors have gradients. False if none has.
  bool begin(std::span<Tensor> tensors);
  /// Those whose gradients are rows. They are then to be gathered, one after the other, which throws Error if one
  /// names a row that is not there. What a step of rows needs is found here.
  [[nodiscard]] const std::vector<std::size_t>& with_rows() const { return roster_.with_rows(); }
  void gather_rows(std::size_t number, const Tensor& tensor) { rows_.gather(number, tensor, crew_); }

  /// Looks at all gradients, and changes nothing.
  Finding inspect(std::span<const Tensor> tensors, double factor, bool want_norm);

  /// Moves every tensor that has a gradient, which is to be multiplied by `gain` first. The rules have been asked
  /// for this step's hyperparameters.
  void step(std::span<Tensor> tensors, double gradient_norm, double gain);

  /// Brings rows that are caught up to the last steps of their tensors. plan() was called. May throw before
  /// it changes anything.
  void catch_up(std::span<const Tensor> tensors);
  void catch_up(const Tensor& tensor, std::span<const std::int64_t> rows) {
    Rows::catch_up(tensor, rows, crew_);
  }

  /// Moves every tensor to the point that its rule evaluates at; the tensors keep their training points.
  static void evaluate(std::span<const Tensor> tensors);

  /// What each element's averaged gradient was divided by in the last step.
  static std::vector<double> denominators(const Tensor& tensor, std::size_t first, std::size_t count);

 private:
  void plan_matrices(std::span<const Tensor> tensors);
  void transform(std::span<Tensor> tensors);
  void move(std::span<const Tensor> tensors);
  void transform(const Tensor& tensor, Crew& crew);

  Isa isa_;
  Crew crew_;
  Chunks chunks_;    // of large tensors
  Bundles bundles_;  // of small ones
  Roster roster_;
  Inspection inspection_;
  Measurements measurements_;
  Rows rows_;
  std::vector<std::size_t> shared_, alone_;  // matrices: worked on by all threads, and by one each
  Workspaces workspaces_;                    // of matrix rules
};

}  // namespace gradus::engine
