#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/chunks.hpp"
#include "engine/tensor.hpp"
#include "engine/tiles.hpp"
#include "gradus/engine/crew.hpp"

namespace gradus::engine {

/// The looks of measured rules: sums over tensors, over their rows and columns, and over all tensors that
/// share numbers. The shape of each sum depends on the positions of its elements alone:
///   a row        leaves and their tree (gradus/engine/tree_sum.hpp), counted from the row's first element
///   a column     the rows of a block of kBlockRows in their order; then the tree of the blocks
///   a tensor     leaves and their tree; or, in a look at rows or columns (of several), the tree of its rows
///   all          the tree of the tensors by number; one without a gradient counts as 0
class Measurements {
 public:
  /// To be called when tensors have been added. What may throw is found here.
  void plan(std::span<const Tensor> tensors);
  /// Takes all looks of all tensors that have a gradient, of so many elements, and has the rules conclude.
  void take(std::span<Tensor> tensors, std::size_t elements, const Chunks& chunks, Crew& crew);

 private:
  static constexpr std::size_t kBlockRows = 64;

  /// Some rows of a tensor and some of their columns.
  struct Block {
    std::size_t tensor, first_row, rows, first_column, columns, size;

    /// Elements, with those between that other blocks have.
    [[nodiscard]] std::size_t first(const Tensor& its) const {
      return first_row * static_cast<std::size_t>(its.columns);
    }
    [[nodiscard]] std::size_t last(const Tensor& its) const {
      return (first_row + rows) * static_cast<std::size_t>(its.columns);
    }
  };
  /// Where the sums of one tensor's look are made, and lie in the end.
  struct Room {
    std::vector<double> rows;     ///< by sum and row: first by piece of a row, then whole
    std::vector<double> columns;  ///< by sum, block of rows and column; in the end the first block has sums
    std::vector<double> totals;   ///< by sum
    std::vector<std::span<const double>> sums;
  };
  /// Tensors that share numbers.
  struct Circle {
    const Domain* domain;
    std::vector<std::size_t> tensors;
    std::vector<double> totals;
  };

  void plan_tensor(std::span<const Tensor> tensors, std::size_t number);
  void measure(std::span<const Tensor> tensors, std::size_t elements, std::size_t look, const Chunks& chunks,
               Crew& crew);
  static void measure_elements(const Tensor& tensor, std::size_t look, std::size_t at, std::size_t n,
                               const Part& part, Room& room);
  void measure_lines(std::span<const Tensor> tensors, std::size_t elements, std::size_t look, Crew& crew);
  void measure_block(const Tensor& tensor, std::size_t look, const Block& block);
  void add_chunks(std::span<const Tensor> tensors, std::size_t look, const Chunks& chunks);
  void add_lines(const Tensor& tensor, std::size_t look, Room& room);
  void add_circle(std::span<Tensor> tensors, std::size_t look, Circle& circle);
  static Findings findings(Tensor& tensor, const Room& room, std::span<Numbers> numbers);

  std::size_t looks_ = 0;              // that any tensor takes
  std::vector<std::size_t> measured_;  // tensors
  std::vector<Room> rooms_;            // by tensor
  std::vector<Circle> circles_;
  Shares<Block> blocks_;
  std::vector<double> chunk_sums_;
};

}  // namespace gradus::engine
