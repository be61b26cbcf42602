#pragma once

// Two floats of 16 bits, as arrays keep them. Nothing is computed in them: they are widened first, exactly.

#include <algorithm>
#include <bit>
#include <cstdint>

namespace gradus {

/// The upper half of a float: sign, 8 bits of exponent, 7 of mantissa. Equal are those with equal bits.
struct bfloat16 {
  std::uint16_t bits;
  friend constexpr bool operator==(bfloat16, bfloat16) = default;
};

/// IEEE 754's binary16: sign, 5 bits of exponent, 10 of mantissa. Equal are those with equal bits.
struct float16 {
  std::uint16_t bits;
  friend constexpr bool operator==(float16, float16) = default;
};

inline constexpr std::int32_t kMagnitudeBits = 0x7fffffff;  // of a float: all but its sign
inline constexpr std::int32_t kInfinityBits = 0x7f800000;
inline constexpr std::int32_t kSmallestNormalBits = 0x00800000;

/// The bits of |x|, which are in the order of the magnitudes; above kInfinityBits for NaN.
constexpr std::int32_t magnitude_bits(float x) { return std::bit_cast<std::int32_t>(x) & kMagnitudeBits; }
constexpr bool is_nan(float x) { return magnitude_bits(x) > kInfinityBits; }

/// By masks. A `?:` with something costly on one side GCC makes a branch, and no vectors.
constexpr std::int32_t choose(bool condition, std::int32_t yes, std::int32_t no) {
  const std::int32_t mask = -static_cast<std::int32_t>(condition);
  return (yes & mask) | (no & ~mask);
}

constexpr float to_float(bfloat16 x) { return std::bit_cast<float>(std::uint32_t{x.bits} << 16); }

/// To nearest, ties to even. NaN is made quiet: cut off, its bits could be those of infinity.
constexpr bfloat16 to_bfloat16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return {static_cast<std::uint16_t>(is_nan(x) ? (bits >> 16) | 0x40 : rounded)};
}

// Between the exponent of a float16 and that of a float lie 112, in place; their mantissas differ by 13 bits.
inline constexpr std::int32_t kFloat16Shift = 13;
inline constexpr std::int32_t kFloat16Bias = 112 << 23;
inline constexpr std::int32_t kFloat16Normal = 0x38800000;  // of the float 2^-14: what is below is subnormal

/// Exact. A subnormal one is a whole number of 2^-24. (No shift by as many bits as each element needs: SSE2
/// has none. And no denormal float on the way, which a CPU may be set to flush to zero.)
constexpr float to_float(float16 x) {
  const std::int32_t magnitude = x.bits & 0x7fff, sign = (x.bits & 0x8000) << 16;
  const std::int32_t normal = (magnitude << kFloat16Shift) + kFloat16Bias;
  const auto subnormal = std::bit_cast<std::int32_t>(static_cast<float>(magnitude) * 0x1p-24F);
  const std::int32_t beyond = (magnitude << kFloat16Shift) | kInfinityBits;
  const std::int32_t bits = choose(magnitude < 0x0400, subnormal, magnitude < 0x7c00 ? normal : beyond);
  return std::bit_cast<float>(bits | sign);
}

/// To nearest, ties to even; from 65520 on to infinity. NaN is made quiet.
constexpr float16 to_float16(float x) {
  const std::int32_t magnitude = magnitude_bits(x), sign = (std::bit_cast<std::int32_t>(x) >> 16) & 0x8000;
  const std::int32_t finite = std::min(magnitude, kInfinityBits) - kFloat16Bias;
  const std::int32_t even = 0xfff + ((finite >> kFloat16Shift) & 1);
  const std::int32_t normal = std::min((finite + even) >> kFloat16Shift, 0x7c00);
  // The float's own rounding: beside 0.5 it keeps whole numbers of 2^-24.
  const std::int32_t subnormal =
      std::bit_cast<std::int32_t>(std::bit_cast<float>(magnitude) + 0.5F) - std::bit_cast<std::int32_t>(0.5F);
  const std::int32_t nan = 0x7e00 | ((magnitude >> kFloat16Shift) & 0x3ff);
  const std::int32_t code = magnitude > kInfinityBits ? nan : normal;
  return {static_cast<std::uint16_t>(choose(magnitude < kFloat16Normal, subnormal, code) | sign)};
}

}  // namespace gradus
