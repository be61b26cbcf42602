#include "engine/matrix/micro_kernel.hpp"

#include <algorithm>
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
    for (std::int64_t k = 0; k < depth; ++k)
      for (std::int64_t l = 0; l < Width; ++l) panel[k * Width + l] = from[l * between + k * along];
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
