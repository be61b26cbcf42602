#pragma once

// What a measured rule learns from a look, and where it writes down what it concludes.

#include <cstddef>
#include <cstdint>
#include <span>

#include "gradus/core/real.hpp"

namespace gradus {

/// A slot that holds one number a row or a column, float or double. Reads and writes in double; a denormal
/// becomes 0 when it is written.
class Numbers {
 public:
  Numbers() = default;
  explicit Numbers(std::span<float> numbers) : floats_(numbers.data()), size_(numbers.size()) {}
  explicit Numbers(std::span<double> numbers) : doubles_(numbers.data()), size_(numbers.size()) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  double operator[](std::size_t i) const {
    return floats_ != nullptr ? static_cast<double>(floats_[i]) : doubles_[i];
  }
  void set(std::size_t i, double value) const {
    if (floats_ != nullptr)
      floats_[i] = flushed(Real<float>{static_cast<float>(value)}).value;
    else
      doubles_[i] = flushed(Real<double>{value}).value;
  }

 private:
  float* floats_ = nullptr;
  double* doubles_ = nullptr;
  std::size_t size_ = 0;
};

/// The sums of one look, in the order of its `sums`.
struct Findings {
  /// A number where a sum is over the tensor or over all; as
  /// many as x has rows or columns where it is over these.
  std::span<const std::span<const double>> sums;
  std::int64_t rows, columns;      ///< of x as a matrix
  std::span<const Numbers> slots;  ///< the rule's, those over rows and columns, in order
  std::span<double> scalars;       ///< the rule's own
  std::span<const double> shared;  ///< those that it shares

  /// The sum k, over the tensor or over all.
  double operator[](std::size_t k) const { return sums[k][0]; }
};

}  // namespace gradus
