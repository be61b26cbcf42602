#pragma once

#include <cstddef>
#include <type_traits>

#include "gradus/states/small_floats.hpp"

namespace gradus {

/// How the elements of a parameter or a slot are kept. Arithmetic is done in f32 or f64; what is kept
/// otherwise is decoded before it and encoded after it (engine/codec.hpp).
enum class Dtype {
  f32,
  f64,
  bf16,
  f16,
  /// Blocks of 256 with a power of two: sign, 4 bits of exponent, 3 of mantissa.
  e4m3,
  /// The same without a sign, for second moments: 5 bits of exponent, 3 of mantissa. Never rounds to zero.
  ue5m3,
  /// Blocks of 256 with their largest magnitude: bitsandbytes' dynamic map of 256 numbers.
  dynamic,
  /// Its map without signs, for second moments. Never rounds to zero.
  udynamic,
  /// A float32 in two arrays: the nearest bfloat16, which may be a model's parameter, and what it lacks.
  halves
};

template <class T>
inline constexpr bool kIsFloat16 = std::is_same_v<T, bfloat16> || std::is_same_v<T, float16>;

template <class T>
requires(std::is_same_v<T, float> || std::is_same_v<T, double> ||
         kIsFloat16<T>) inline constexpr Dtype kDtypeOf = std::is_same_v<T, float>      ? Dtype::f32
                                                          : std::is_same_v<T, double>   ? Dtype::f64
                                                          : std::is_same_v<T, bfloat16> ? Dtype::bf16
                                                                                        : Dtype::f16;

/// Where an array's bytes are: `element_bytes` for each element; and in an array beside it `beside_bytes` for
/// each block of `block` elements, the last of which may be shorter.
struct Layout {
  std::size_t element_bytes;
  std::size_t beside_bytes;
  std::size_t block;
  friend constexpr bool operator==(const Layout&, const Layout&) = default;
};

constexpr Layout layout_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::f32:
      return {4, 0, 1};
    case Dtype::f64:
      return {8, 0, 1};
    case Dtype::bf16:
    case Dtype::f16:
      return {2, 0, 1};
    case Dtype::e4m3:
    case Dtype::ue5m3:
      return {1, 1, 256};  // beside: the biased exponent of the block's largest magnitude
    case Dtype::dynamic:
    case Dtype::udynamic:
      return {1, 4, 256};  // beside: the block's largest magnitude, a float32
    case Dtype::halves:
      return {2, 2, 1};
  }
  return {};
}

constexpr std::size_t bytes_of(Dtype dtype) { return layout_of(dtype).element_bytes; }

constexpr const char* name_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::f32:
      return "float32";
    case Dtype::f64:
      return "float64";
    case Dtype::bf16:
      return "bfloat16";
    case Dtype::f16:
      return "float16";
    case Dtype::e4m3:
      return "8-bit (e4m3 in blocks of 256)";
    case Dtype::ue5m3:
      return "8-bit (ue5m3 in blocks of 256)";
    case Dtype::dynamic:
      return "8-bit (dynamic map in blocks of 256)";
    case Dtype::udynamic:
      return "8-bit (unsigned dynamic map in blocks of 256)";
    case Dtype::halves:
      return "float32 (in two halves)";
  }
  return "";
}

/// Is it one that the arithmetic is done in?
constexpr bool is_arithmetic(Dtype dtype) { return dtype == Dtype::f32 || dtype == Dtype::f64; }

/// Calls f with a T{} of the type that the dtype stands for, which is one of arithmetic.
template <class F>
auto with_type(Dtype dtype, F f) {
  return dtype == Dtype::f32 ? f(float{}) : f(double{});
}

}  // namespace gradus
