#pragma once

#include <cstdint>

#include "gradus/engine/isa.hpp"
#include "gradus/engine/matrix.hpp"

namespace gradus::engine {

/// What computes a tile of a product, rows x columns, and how its factors are packed for it: a panel holds `rows` rows of
/// the first (or `columns` columns of the second) factor, element k of all of them before element k + 1. (Where the CPU
/// multiplies bfloat16 a panel is of pairs of them, and its second half is not used.)
template <class T>
struct MicroKernel {
  std::int64_t rows, columns;
  /// Adds `depth` products to each element of out, whose rows lie `stride` apart, or begins at 0.
  void (*add_products)(std::int64_t depth, const T* a, const T* b, bool from_zero, T* out,
                       std::int64_t stride);
  /// Packs one panel: lines are `between` elements apart, elements of a line `along`. Lines
  /// from `lines` on are 0.
  void (*pack_rows)(const T* from, std::int64_t between, std::int64_t along, std::int64_t lines,
                    std::int64_t depth, T* panel);
  void (*pack_columns)(const T* from, std::int64_t between, std::int64_t along, std::int64_t lines,
                       std::int64_t depth, T* panel);
};

inline constexpr std::int64_t kMostTileSide = 32;

template <class T>
MicroKernel<T> micro_kernel_for(Isa isa, Factors factors);

}  // namespace gradus::engine
