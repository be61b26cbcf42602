#include "engine/matrix/micro_kernel.hpp"

#include <algorithm>
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
  constexpr std::int64_t kSquare = 16 / sizeof(T), kStep = 64 / sizeof(T), kInSquares = Width / kSquare * kSquare;
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

template <class V, class AddProducts>
MicroKernel<typename V::Number> micro_kernel_of(AddProducts add_products) {
  using T = typename V::Number;
  constexpr std::int64_t columns = V::kVectors * V::kLanes;
  static_assert(V::kRows <= kMostTileSide && columns <= kMostTileSide);
  return {V::kRows, columns, add_products, &pack<V::kRows, T>, &pack<columns, T>};
}

}  // namespace

template <class T>
MicroKernel<T> micro_kernel_for([[maybe_unused]] Isa isa) {
  constexpr bool is_float = std::is_same_v<T, float>;
#if GRADUS_X86
  if (isa == Isa::avx512) {
    using V = std::conditional_t<is_float, avx512::Floats, avx512::Doubles>;
    return micro_kernel_of<V>(&avx512::add_products<V>);
  }
  if (isa == Isa::avx2) {
    using V = std::conditional_t<is_float, avx2::Floats, avx2::Doubles>;
    return micro_kernel_of<V>(&avx2::add_products<V>);
  }
#endif
  using V = std::conditional_t<is_float, baseline::Floats, baseline::Doubles>;
  return micro_kernel_of<V>(&baseline::add_products<V>);
}

template MicroKernel<float> micro_kernel_for<float>(Isa);
template MicroKernel<double> micro_kernel_for<double>(Isa);

}  // namespace gradus::engine
