#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "gradus/engine/executor.hpp"
#include "gradus/engine/isa.hpp"
#include "gradus/engine/survey.hpp"
#include "gradus/engine/tensor.hpp"

namespace gradus::engine {

class Workspaces;

/// Runs the loops of a step over all its tensors at once: they are cut into chunks of fixed size, and the
/// chunks are shared out to threads as tasks of about equal work. So a hundred small tensors cost what one
/// large one costs.
class Runner {
 public:
  /// No executor: shared_executor(), from the first plan on that is worth a second thread.
  Runner(Isa isa, std::shared_ptr<Executor> executor);
  ~Runner();

  /// To be called when tensors have been added. What may throw, memory and threads, is found here: step()
  /// does not fail.
  void plan(std::span<const Tensor> tensors);

  struct Finding {
    std::vector<std::size_t> non_finite;  ///< tensors with NaN or an infinity in factor * gradient
    double norm;                          ///< 2-norm of factor * all gradients; NaN unless asked for
  };
  /// Looks at all gradients, and changes nothing.
  Finding survey(std::span<const Tensor> tensors, double factor, bool want_norm);

  /// Moves every tensor that has a gradient; Tensor::begin_step() was called for each of these.
  void step(std::span<Tensor> tensors);

 private:
  struct Chunk {
    std::size_t tensor, offset, size;
  };
  struct Task {
    std::size_t first, last;  // chunks
  };
  struct Piece;

  template <class F>
  void run(std::size_t tasks, bool worth_threads, F f);
  template <class F>
  void for_pieces(std::span<const Tensor> tensors, F f);
  std::vector<std::size_t> non_finite(std::span<const Tensor> tensors, double factor);
  double norm(std::span<const Tensor> tensors, double factor);
  double root_of_squares(std::span<const Tensor> tensors, double factor);
  double largest(std::span<const Tensor> tensors);
  void measure(std::span<Tensor> tensors);
  void transform(std::span<Tensor> tensors);

  Isa isa_;
  std::shared_ptr<Executor> executor_;
  std::unique_ptr<Workspaces> workspaces_;  // of matrix rules
  std::array<Survey, 2> surveys_;           // by Dtype
  std::vector<Chunk> chunks_;
  std::vector<Task> tasks_;
  std::size_t sums_a_chunk_ = 1;
  std::vector<double> results_;       // scratch: some numbers a chunk
  std::vector<double> sums_, terms_;  // scratch of sums
};

}  // namespace gradus::engine
