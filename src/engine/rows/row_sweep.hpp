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
  RowSweep(const Tensor& tensor, const Coalesced& gradient)
      : RowSweep(tensor, gradient.rows(), gradient.values()) {}
  /// To catch up rows.
  explicit RowSweep(const Tensor& tensor) : RowSweep(tensor, {}, {}) {}

  /// By their places in the gradient.
  void run(std::size_t first, std::size_t last);
  /// Brings a row, by its number, from the step that it is at to step `last`.
  void catch_up(std::int64_t row, std::int64_t last);

 private:
  static constexpr std::size_t kBatch = 64;  // rows that are measured before they are moved
  using Room = std::array<std::byte, kTile * sizeof(double)>;

  /// A row and its gradient.
  struct Row {
    std::int64_t number;
    const std::byte* values;  // null: it is zero
  };
  /// What a row is moved by.
  struct Step {
    Sweep sweep;
    std::int64_t t;  // that flushes denormals when it is due
  };
  /// What an array has for each row, in memory.
  struct Strip {
    const std::byte* data;
    std::size_t a_row;  // bytes
    [[nodiscard]] const std::byte* of(std::int64_t row) const {
      return data + static_cast<std::size_t>(row) * a_row;
    }
  };

  RowSweep(const Tensor& tensor, std::span<const std::int64_t> rows, const Array& values);
  [[nodiscard]] Step step_at_hand() const;
  void add_array(const Array& array);
  void add_numbers(const std::vector<double>& of_rows);

  void move(std::size_t first, std::size_t last);
  void move_stretch(std::size_t first, std::size_t last);
  void move_alone(const Row& row);
  void update(std::size_t n, const Part& part) const;
  void measure(std::size_t first, std::size_t last);
  void measure_row(std::size_t look, const Row& row, std::size_t in_batch);
  void conclude(std::size_t look, std::span<const std::int64_t> rows);
  void prefetch(std::int64_t row) const;

  void take_own_step(std::int64_t row, bool count);
  void take_logged_step(std::int64_t t);
  [[nodiscard]] bool alike(std::int64_t t, std::int64_t last) const;
  void keep(std::int64_t row);
  [[nodiscard]] bool is_as_kept(std::int64_t row) const;

  [[nodiscard]] Row at_place(std::size_t place) const {
    return {rows_[place], values_.elements + place * columns_ * bytes_of(values_.dtype)};
  }
  [[nodiscard]] std::size_t begin_of(std::int64_t row) const {
    return static_cast<std::size_t>(row) * columns_;
  }
  [[nodiscard]] std::size_t end_of(std::int64_t row) const { return begin_of(row) + columns_; }
  /// Calls f(n, part) for each piece of a row.
  template <class F>
  void in_pieces(const Row& row, F f);
  void* at(void* array, std::size_t n) const;
  void* spread(const Array& slot, std::size_t i, std::int64_t row);
  /// Calls f(n, part) for the row's elements among those in the tile, which begins at `offset`.
  template <class F>
  void row_in_tile(const Row& row, std::size_t offset, std::size_t n, F f);
  const void* gradient_of(const Row& row, std::size_t column, std::size_t n);

  const Tensor& t_;
  RowState* const state_;
  const std::span<const std::int64_t> rows_;
  const Array values_;
  const std::size_t columns_;
  const Blocks blocks_;
  std::size_t piece_ =
      columns_;  // elements that kernels get at a time, of a row whose arrays are as they are
  Step step_;
  std::array<Strip, 2 + kMostSlots + kMostScalars> strips_;
  std::size_t arrays_ = 0, strips_count_ = 0;  // of strips: of x and slots; these and numbers kept by row
  std::size_t bytes_ = 0;                      // of a row in x and slots
  const Spread spread_number_;
  Tile tile_;
  alignas(64) Room decoded_;                                   // of the gradient
  alignas(64) std::array<Room, kMostSlots> spread_;            // numbers of a row, by slot
  std::array<std::array<double, kBatch>, kMostSums> sums_;     // by row of a batch
  std::array<std::byte, kMostCoefficientBytes> coefficients_;  // of a row's own step
  std::array<std::byte, 4 * kTile * sizeof(double)> kept_;     // a row
};

}  // namespace gradus::engine
