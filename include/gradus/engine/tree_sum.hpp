#pragma once

// Sums whose shape is fixed, so that their bits are too: 16 lanes over a chunk, then pairs of pairs. Neither
// the width of a vector nor the number of threads can be seen in a result.

#include <array>
#include <cstddef>
#include <span>

#include "gradus/core/real.hpp"

namespace gradus::engine {

inline constexpr std::size_t kLanes = 16;
/// Elements a chunk: sums over a tensor are taken chunk by chunk.
inline constexpr std::size_t kChunk = 8192;

/// sums[k] = sum over i < n of value(i)[k]; value returns std::array<Real<double>, K>.
template <std::size_t K, class F>
[[gnu::always_inline]] inline void lane_sums(std::size_t n, double* sums, F value) {
  double lane[K][kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (std::size_t l = 0; l < kLanes; ++l) {
      const std::array<Real<double>, K> v = value(i + l);
      for (std::size_t k = 0; k < K; ++k) lane[k][l] += v[k].value;
    }
  for (std::size_t l = 0; i + l < n; ++l) {
    const std::array<Real<double>, K> v = value(i + l);
    for (std::size_t k = 0; k < K; ++k) lane[k][l] += v[k].value;
  }
  for (std::size_t k = 0; k < K; ++k) {
    for (std::size_t width = kLanes / 2; width > 0; width /= 2)
      for (std::size_t l = 0; l < width; ++l) lane[k][l] += lane[k][l + width];
    sums[k] = lane[k][0];
  }
}

/// Adds neighbours until one is left; the shape depends on the count alone. Overwrites `terms`.
inline double tree_sum(std::span<double> terms) {
  if (terms.empty()) return 0;
  for (std::size_t count = terms.size(); count > 1; count = (count + 1) / 2) {
    for (std::size_t i = 0; i < count / 2; ++i) terms[i] = terms[2 * i] + terms[2 * i + 1];
    if (count % 2 == 1) terms[count / 2] = terms[count - 1];
  }
  return terms[0];
}

}  // namespace gradus::engine
