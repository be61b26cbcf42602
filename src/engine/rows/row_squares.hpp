#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/rows/coalesced.hpp"
#include "engine/tensor.hpp"
#include "gradus/engine/crew.hpp"
#include "gradus/engine/isa.hpp"

namespace gradus::engine {

/// The sum of the squares of a gradient of rows: the bits of the dense gradient's, which has zeros elsewhere.
class RowSquares {
 public:
  explicit RowSquares(Isa isa) : isa_(isa) {}

  /// Of factor * each number.
  double sum(const Tensor& tensor, const Coalesced& gradient, double factor, Crew& crew);

 private:
  /// A chunk of the tensor that has elements of rows: from `first` to before `last` by their places.
  struct Piece {
    std::size_t chunk, first, last;
  };

  void cut(std::span<const std::int64_t> rows, std::size_t columns);

  Isa isa_;
  std::vector<Piece> pieces_;
  std::vector<double> sums_;  // of pieces
};

}  // namespace gradus::engine
