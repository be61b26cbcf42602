#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "gradus/engine/program.hpp"
#include "gradus/states/buffer.hpp"

namespace gradus::engine {

/// One parameter as the engine sees it: borrowed arrays, own state, and the loops of its rule.
struct Tensor {
  Dtype dtype;
  std::size_t size;
  std::int64_t rows, columns;  ///< as a matrix: first dimension by all others
  void* x = nullptr;
  const void* g = nullptr;  ///< null: no gradient, steps pass it by

  std::int64_t t = 0;  ///< steps of this parameter so far
  std::vector<Buffer> slots;
  std::vector<void*> slot_arrays;  ///< the data of `slots`, as kernels take them
  std::vector<double> scalars;

  const Program* program;
  Kernels kernels;
  std::vector<std::byte> coefficients;
  Sweep sweep{};                      ///< of the last step
  std::unique_ptr<Buffer> direction;  ///< for matrix rules

  /// State as it is before the first step.
  Tensor(const Program& rule, Isa isa, Dtype type, std::size_t elements, std::int64_t first_dimension);

  /// Counts the step and computes its coefficients. The rule has been asked for this step's hyperparameters.
  void begin_step(double gradient_norm, double gain);
};

}  // namespace gradus::engine
