#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/rows/coalesced.hpp"
#include "engine/tensor.hpp"
#include "engine/tiles.hpp"

namespace gradus::engine {

/// Elements that are only encoded together: those of a block, where an array of the tensor has blocks.
class Blocks {
 public:
  explicit Blocks(const Tensor& tensor);

  /// The elements that are decoded and encoded for the rows from `first` to before `last`.
  [[nodiscard]] std::size_t begin_of(std::int64_t row) const;
  [[nodiscard]] std::size_t end_of(std::int64_t row) const;
  /// Of a stretch, rows of which each has a block in common with the next: the place behind its last one.
  [[nodiscard]] std::size_t end_of_stretch(std::span<const std::int64_t> rows, std::size_t place) const;

 private:
  std::size_t size_, columns_, block_ = 1;
};

/// Moves rows of a tensor, on one thread.
class RowSweep {
 public:
  RowSweep(const Tensor& tensor, const Coalesced& gradient);

  /// By their places in the gradient.
  void run(std::size_t first, std::size_t last);

 private:
  static constexpr std::size_t kBatch = 64;  // rows that are measured before they are moved

  void move(std::size_t first, std::size_t last);
  void move_stretch(std::size_t first, std::size_t last);
  void measure(std::size_t first, std::size_t last);
  void measure_row(std::size_t look, std::size_t place, std::size_t in_batch);
  void conclude(std::size_t look, std::size_t first, std::size_t last);
  void add_strip(const Array& array);
  void prefetch(std::size_t place) const;

  [[nodiscard]] std::size_t begin_of(std::size_t place) const {
    return static_cast<std::size_t>(rows_[place]) * columns_;
  }
  [[nodiscard]] std::size_t end_of(std::size_t place) const { return begin_of(place) + columns_; }
  /// Calls f(n, part) for each piece of a row.
  template <class F>
  void in_pieces(std::size_t place, F f);
  void* at(void* array, std::size_t n) const;
  void* spread(const Array& slot, std::size_t i, std::size_t place);
  /// Calls f(n, part) for the row's elements among those in the tile, which begins at `offset`.
  template <class F>
  void row_in_tile(std::size_t place, std::size_t offset, std::size_t n, F f);
  const void* gradient_at(std::size_t place, std::size_t column, std::size_t n);

  const Tensor& t_;
  std::span<const std::int64_t> rows_;
  const Array& values_;
  const std::size_t columns_;
  const Blocks blocks_;
  std::size_t piece_ =
      columns_;  // elements of a row that kernels get at a time, where arrays are as they are
  /// What an array has for each row, in memory.
  struct Strip {
    const std::byte* data;
    std::size_t a_row;  // bytes
  };
  std::array<Strip, kMostSlots + 1> strips_;
  std::size_t strips_count_ = 0;
  Tile tile_;
  const Spread spread_number_;
  using Room = std::array<std::byte, kTile * sizeof(double)>;
  alignas(64) Room decoded_;                                // of the gradient
  alignas(64) std::array<Room, kMostSlots> spread_;         // numbers of a row, by slot
  std::array<std::array<double, kBatch>, kMostSums> sums_;  // by row of a batch
};

}  // namespace gradus::engine
