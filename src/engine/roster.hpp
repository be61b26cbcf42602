#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/tensor.hpp"

namespace gradus::engine {

/// Who takes part in a step: all that later loops over tensors would ask of each of them. Puts tensors to clocks: a
/// step of a hundred thousand small ones computes its coefficients once.
class Roster {
 public:
  /// To be called when tensors have been added: those that have not been moved yet get clocks in common.
  void plan(std::span<Tensor> tensors);

  /// Begins a step. Tensors that have a gradient leave the clock of those that have none. May throw, and has
  /// changed nothing that can be seen.
  void call(std::span<Tensor> tensors);

  /// Elements of dense gradients.
  [[nodiscard]] std::size_t elements() const { return elements_; }
  [[nodiscard]] const std::vector<std::size_t>& with_rows() const { return with_rows_; }
  /// A tensor for each clock that goes on; empty if no tensor has a gradient.
  [[nodiscard]] const std::vector<std::size_t>& of_clocks() const { return of_clocks_; }

 private:
  void divide_clocks(std::span<Tensor> tensors);

  std::size_t elements_ = 0;
  std::vector<std::size_t> with_rows_, of_clocks_;
};

}  // namespace gradus::engine
