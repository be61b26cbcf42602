#include "engine/matrix/micro_kernel.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "engine/matrix/vectors.hpp"

#if defined(__clang__)
#define GRADUS_UNROLLED _Pragma("clang loop unroll(full)")
#else
#define GRADUS_UNROLLED _Pragma("GCC unroll 16")
#endif

namespace gradus::engine {

namespace baseline {
#define GRADUS_TARGET
#include "engine/matrix/micro_kernel.inc"
#undef GRADUS_TARGET
}  // namespace baseline

#if GRADUS_X86
namespace avx2 {
#define GRADUS_TARGET [[gnu::target("avx2,fma")]]
#include "engine/matrix/micro_kernel.inc"
#undef GRADUS_TARGET
}  // namespace avx2

namespace avx512 {
#define GRADUS_TARGET [[gnu::target("avx512f")]]
#include "engine/matrix/micro_kernel.inc"
#undef GRADUS_TARGET
}  // namespace avx512

namespace avx512_bf16 {
#define GRADUS_TARGET [[gnu::target("avx512f,avx512bf16")]]
#include "engine/matrix/micro_kernel.inc"
#undef GRADUS_TARGET
}  // namespace avx512_bf16
#endif

namespace {

/// 16 bytes, which every CPU of a target can shuffle.
template <class T>
struct Quad {
  using Vector [[gnu::vector_size(16)]] = T;
};

/// A square as wide as 16 bytes: to[k * stride + l] = from[l * between + k].
inline void transpose_square(const float* from, std::int64_t between, float* to, std::int64_t stride) {
  using V = Quad<float>::Vector;
  V row[4];
  for (std::int64_t l = 0; l < 4; ++l) std::memcpy(&row[l], from + l * between, sizeof(V));
  const V low01 = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5),
          low23 = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5),
          high01 = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7),
          high23 = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
  row[0] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
  row[1] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
  row[2] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
  row[3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
  for (std::int64_t k = 0; k < 4; ++k) std::memcpy(to + k * stride, &row[k], sizeof(V));
}
inline void transpose_square(const double* from, std::int64_t between, double* to, std::int64_t stride) {
  using V = Quad<double>::Vector;
  V row[2];
  for (std::int64_t l = 0; l < 2; ++l) std::memcpy(&row[l], from + l * between, sizeof(V));
  const V low = __builtin_shufflevector(row[0], row[1], 0, 2),
          high = __builtin_shufflevector(row[0], row[1], 1, 3);
  std::memcpy(to, &low, sizeof(V));
  std::memcpy(to + stride, &high, sizeof(V));
}

/// A cache line of each line after the other, since lines may lie so far apart that they drive one another out.
template <std::int64_t Width, class T>
void pack_along(const T* from, std::int64_t between, std::int64_t depth, T* panel) {
  constexpr std::int64_t kSquare = 16 / sizeof(T), kStep = 64 / sizeof(T),
                         kInSquares = Width / kSquare * kSquare;
  std::int64_t k = 0;
  for (; k + kStep <= depth; k += kStep) {
    for (std::int64_t l = 0; l < kInSquares; l += kSquare)
      for (std::int64_t i = k; i < k + kStep; i += kSquare)
        transpose_square(from + l * between + i, between, panel + i * Width + l, Width);
    for (std::int64_t l = kInSquares; l < Width; ++l)
      for (std::int64_t i = k; i < k + kStep; ++i) panel[i * Width + l] = from[l * between + i];
  }
  for (; k < depth; ++k)
    for (std::int64_t l = 0; l < Width; ++l) panel[k * Width + l] = from[l * between + k];
}

template <std::int64_t Width, class T>
void pack(const T* from, std::int64_t between, std::int64_t along, std::int64_t lines, std::int64_t depth,
          T* panel) {
  if (lines < Width) {
    std::fill_n(panel, Width * depth, T{0});
    for (std::int64_t k = 0; k < depth; ++k)
      for (std::int64_t l = 0; l < lines; ++l) panel[k * Width + l] = from[l * between + k * along];
  } else if (between == 1) {
    for (std::int64_t k = 0; k < depth; ++k) std::copy_n(from + k * along, Width, panel + k * Width);
  } else {
    pack_along<Width>(from, between, depth, panel);
  }
}

/// A bfloat16 factor is at least so large, or 0. Then products are multiples of 2^-124, and so are their sums: no
/// denormal number can arise, of which instructions on bfloat16 make 0.
constexpr float kLeastFactor = 0x1p-55F;

/// The bits of the nearest bfloat16, ties to even, in the high half.
inline std::uint32_t nearest_bfloat16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t nearest = bits + 0x7fffU + ((bits >> 16) & 1U);
  const std::uint32_t or_nan = x != x ? 0x7fc00000U : nearest;
  return (std::abs(x) < kLeastFactor ? 0U : or_nan) & 0xffff0000U;
}

/// Each number of a panel becomes the nearest bfloat16.
template <std::int64_t Width, class T>
void pack_rounded(const T* from, std::int64_t between, std::int64_t along, std::int64_t lines,
                  std::int64_t depth, T* panel) {
  pack<Width>(from, between, along, lines, depth, panel);
  for (std::int64_t i = 0; i < Width * depth; ++i)
    panel[i] = std::bit_cast<float>(nearest_bfloat16(static_cast<float>(panel[i])));
}

#if GRADUS_X86
/// Of numbers k and k + 1 of a line a pair, with k in its high half; pairs take the place of the first numbers.
template <std::int64_t Width>
struct PairBody {
  [[gnu::always_inline]] static inline void run(std::int64_t pairs, float* panel) {
    for (std::int64_t k = 0; k < pairs; ++k) {
      std::uint32_t pair[Width];
      for (std::int64_t l = 0; l < Width; ++l)
        pair[l] = nearest_bfloat16(panel[2 * k * Width + l]) |
                  nearest_bfloat16(panel[(2 * k + 1) * Width + l]) >> 16;
      std::memcpy(panel + k * Width, pair, sizeof pair);
    }
  }
};

/// An odd one out is paired with 0.
template <std::int64_t Width>
void pack_pairs(const float* from, std::int64_t between, std::int64_t along, std::int64_t lines,
                std::int64_t depth, float* panel) {
  pack<Width>(from, between, along, lines, depth, panel);
  Versions<PairBody<Width>>::template pick<void (*)(std::int64_t, float*)>(Isa::avx512)(depth / 2, panel);
  if (depth % 2 != 0) {
    const float* const last = panel + (depth - 1) * Width;
    for (std::int64_t l = 0; l < Width; ++l)
      panel[depth / 2 * Width + l] = std::bit_cast<float>(nearest_bfloat16(last[l]));
  }
}
#endif

template <class V>
constexpr std::int64_t kColumns = V::kVectors* V::kLanes;

template <class V, class AddProducts>
MicroKernel<typename V::Number> micro_kernel_of(AddProducts add_products, Factors factors) {
  using T = typename V::Number;
  static_assert(V::kRows <= kMostTileSide && kColumns<V> <= kMostTileSide);
  constexpr std::int64_t columns = kColumns<V>;
  if (factors == Factors::bfloat16)
    return {V::kRows, columns, add_products, &pack_rounded<V::kRows, T>, &pack_rounded<columns, T>};
  else
    return {V::kRows, columns, add_products, &pack<V::kRows, T>, &pack<columns, T>};
}

}  // namespace

template <class T>
MicroKernel<T> micro_kernel_for([[maybe_unused]] Isa isa, Factors factors) {
  constexpr bool is_float = std::is_same_v<T, float>;
#if GRADUS_X86
  if (isa == Isa::avx512) {
    if constexpr (is_float) {
      using V = avx512_bf16::Floats;
      if (factors == Factors::bfloat16 && __builtin_cpu_supports("avx512bf16"))
        return {V::kRows, kColumns<V>, &avx512_bf16::add_products<V>, &pack_pairs<V::kRows>,
                &pack_pairs<kColumns<V>>};
    }
    using V = std::conditional_t<is_float, avx512::Floats, avx512::Doubles>;
    return micro_kernel_of<V>(&avx512::add_products<V>, factors);
  }
  if (isa == Isa::avx2) {
    using V = std::conditional_t<is_float, avx2::Floats, avx2::Doubles>;
    return micro_kernel_of<V>(&avx2::add_products<V>, factors);
  }
#endif
  using V = std::conditional_t<is_float, baseline::Floats, baseline::Doubles>;
  return micro_kernel_of<V>(&baseline::add_products<V>, factors);
}

template MicroKernel<float> micro_kernel_for<float>(Isa, Factors);
template MicroKernel<double> micro_kernel_for<double>(Isa, Factors);

}  // namespace gradus::engine
