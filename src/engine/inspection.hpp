#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/chunks.hpp"
#include "engine/crew.hpp"
#include "engine/tensor.hpp"
#include "gradus/engine/isa.hpp"

namespace gradus::engine {

/// What a look at all gradients has found.
struct Finding {
  std::vector<std::size_t> non_finite;   ///< tensors with NaN or an infinity in factor * gradient
  std::vector<std::size_t> overflowing;  ///< tensors whose gradient is finite and has a square that is not
  double norm;                           ///< 2-norm of factor * all gradients; NaN unless asked for
};

/// The look at the gradients before a step changes anything.
class Inspection {
 public:
  explicit Inspection(Isa isa) : isa_(isa) {}

  /// To be called when tensors have been added. What may throw is found here.
  void plan(std::size_t tensors, const Chunks& chunks);
  Finding look(std::span<const Tensor> tensors, const Chunks& chunks, Crew& crew, double factor,
               bool want_norm);

 private:
  template <class F>
  void each_chunk(std::span<const Tensor> tensors, const Chunks& chunks, Crew& crew, F f);
  double norm(std::span<const Tensor> tensors, const Chunks& chunks, Crew& crew, double factor);
  double root_of_squares(std::span<const Tensor> tensors, const Chunks& chunks, Crew& crew, double factor);
  void find_largest(std::span<const Tensor> tensors, const Chunks& chunks, Crew& crew);

  Isa isa_;
  std::vector<double> of_chunks_, of_tensors_;  // scratch: a number each
};

}  // namespace gradus::engine
