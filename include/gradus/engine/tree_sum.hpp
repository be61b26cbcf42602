#pragma once

// Sums whose shape depends on the positions of the elements alone, so that their bits do too: neither the
// width of a vector, nor the threads, nor where an array was cut to tasks can be seen in them.
//
//   leaf      kLeaf elements, counted from the array's first: lane l of 16 adds elements l, l + 16, ... in
//   order;
//             then lane l takes in lane l + 8, l + 4, l + 2, l + 1
//   tree      neighbouring leaves are added, then neighbouring pairs, ...; what is left over goes up as it is
//
// So whoever holds the leaves [i 2^k, (i + 1) 2^k) can add them up by himself: docs/numerics.md.

#include <algorithm>
#include <array>
#include <cstddef>

#include "gradus/core/real.hpp"

namespace gradus::engine {

inline constexpr std::size_t kLanes = 16;
inline constexpr std::size_t kLeaf = 512;
/// Elements a chunk, the piece of an array that one call of a kernel works on: 2^4 leaves.
inline constexpr std::size_t kChunk = 16 * kLeaf;

/// Takes leaves in their order, and adds them as a tree. No memory but its own.
class TreeSum {
 public:
  void add(double leaf) {
    for (std::size_t n = count_++; n % 2 == 1; n /= 2) leaf = pending_[--depth_] + leaf;
    pending_[depth_++] = leaf;
  }
  [[nodiscard]] double total() const {
    if (depth_ == 0) return 0;
    double sum = pending_[depth_ - 1];
    for (std::size_t i = depth_ - 1; i > 0; --i) sum = pending_[i - 1] + sum;
    return sum;
  }

 private:
  std::array<double, 64> pending_;  // whole subtrees, each larger than the next
  std::size_t depth_ = 0, count_ = 0;
};

/// The sum of `width` lanes: each of the first half takes in one of the second, and so on. Widths are known to the
/// compiler, which then keeps the lanes in registers.
template <std::size_t width>
[[gnu::always_inline]] inline double folded(double* lane) {
  if constexpr (width == 1) {
    return lane[0];
  } else {
    for (std::size_t l = 0; l < width / 2; ++l) lane[l] += lane[l + width / 2];
    return folded<width / 2>(lane);
  }
}

/// sums[k] = sum over i < n of value(i)[k], n <= kLeaf; value returns std::array<Real<double>, K>.
template <std::size_t K, class F>
[[gnu::always_inline]] inline void leaf_sums(std::size_t n, double* sums, F value) {
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
  if constexpr (K == 1) {
    sums[0] = folded<kLanes>(lane[0]);
  } else {  // more of them do not fit into the registers, and g++ would take them all apart
    for (std::size_t k = 0; k < K; ++k) {
      for (std::size_t width = kLanes / 2; width > 0; width /= 2)
        for (std::size_t l = 0; l < width; ++l) lane[k][l] += lane[k][l + width];
      sums[k] = lane[k][0];
    }
  }
}

/// The same for any n.
template <std::size_t K, class F>
[[gnu::always_inline]] inline void position_sums(std::size_t n, double* sums, F value) {
  if (n <= kLeaf) return leaf_sums<K>(n, sums, value);
  TreeSum trees[K];
  for (std::size_t begin = 0; begin < n; begin += kLeaf) {
    double leaf[K];
    leaf_sums<K>(
        std::min(kLeaf, n - begin),
        leaf, [&](std::size_t i) __attribute__((always_inline)) { return value(begin + i); });
    for (std::size_t k = 0; k < K; ++k) trees[k].add(leaf[k]);
  }
  for (std::size_t k = 0; k < K; ++k) sums[k] = trees[k].total();
}

}  // namespace gradus::engine
