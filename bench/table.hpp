#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gradus/gradus.hpp"
#include "gradus/states/buffer.hpp"

namespace gradus::bench {

/// So many of the table's rows, each once and in ascending order; others for another seed.
std::vector<std::int64_t> distinct_rows(std::int64_t rows, std::size_t count, std::uint64_t seed = 1);
/// Lookups whose frequencies are those of Zipf's law, in any order; the frequent ones lie anywhere.
std::vector<std::int64_t> skewed_rows(std::int64_t rows, std::size_t count);

/// A table of embeddings, of which some rows have a gradient.
class Table {
 public:
  Table(std::int64_t rows, std::int64_t columns, const AnyRule& rule, const OptimizerOptions& options = {});

  void give(std::vector<std::int64_t> rows);
  void step() { optimizer_.step(); }
  /// Reads the gradient, and reads and writes these rows of the table and of its state, on the same threads.
  void move_traffic() const;
  [[nodiscard]] const Buffer& table() const { return table_; }

 private:
  std::int64_t row_count_, columns_;
  Buffer table_;
  std::vector<float> values_;
  std::vector<std::int64_t> rows_;
  Optimizer optimizer_;
  ParameterId id_{};
};

}  // namespace gradus::bench
