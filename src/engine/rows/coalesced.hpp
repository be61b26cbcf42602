#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/tensor.hpp"
#include "gradus/engine/crew.hpp"
#include "gradus/states/buffer.hpp"

namespace gradus::engine {

/// A gradient of rows with each row once, in ascending order.
class Coalesced {
 public:
  /// What comes so already is borrowed; else equal rows are added up, in their order and in the type of
  /// arithmetic. Throws Error if there is no such row in the tensor.
  void gather(const Tensor& tensor, Crew& crew);

  [[nodiscard]] std::span<const std::int64_t> rows() const { return rows_; }
  [[nodiscard]] const Array& values() const { return values_; }

 private:
  /// A row as it was given, and which one in order it was.
  struct Given {
    std::int64_t row;
    std::size_t position;
  };

  void sort(std::span<const std::int64_t> rows, std::int64_t row_count);
  void add_up(const Tensor& tensor, Crew& crew);

  std::span<const std::int64_t> rows_;
  Array values_;

  std::vector<Given> given_, other_;  // sorted; scratch of sort()
  std::vector<std::size_t> first_;    // of each row's: where in given_; at last, the end
  std::vector<std::int64_t> distinct_;
  std::unique_ptr<Buffer> sums_;
};

}  // namespace gradus::engine
