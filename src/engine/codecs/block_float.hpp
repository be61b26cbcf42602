#pragma once

// What e4m3 and ue5m3 share. Without its sign a code is an exponent and three bits of mantissa, and so are
// the upper bits of a float, above the 20 that are cut off. The two differ by an offset that is the same in a
// whole block: all is done with integers.

#include "engine/codecs/loops.hpp"

namespace gradus::engine::codecs {

/// kExponents: how many exponents a code can have. Its highest is that of the block's largest element.
template <std::int32_t kExponents>
struct BlockScale {
  static constexpr std::int32_t kCut = 20, kFirstNormal = 8, kLastFinite = (kInfinityBits >> kCut) - 1;

  explicit BlockScale(std::uint8_t exponent)
      : offset((exponent - (kExponents - 1)) * 8),
        lowest(std::max(offset + 1, kFirstNormal)),
        highest(std::min(offset + kExponents * 8 - 1, kLastFinite)) {}

  std::int32_t offset;   // from a code to the upper bits of a float
  std::int32_t lowest;   // nonzero number, as upper bits. A code below it is zero: 0, and denormal floats
  std::int32_t highest;  // finite number, as upper bits

  [[nodiscard]] [[gnu::always_inline]] std::int32_t decode(std::int32_t code) const {
    const std::int32_t upper = code + offset;
    return upper < lowest ? 0 : upper << kCut;
  }

  /// Of a magnitude that is not to become zero. In a block with infinity or NaN, which have the exponent 255,
  /// these keep their meaning, and finite elements saturate below.
  [[nodiscard]] [[gnu::always_inline]] std::int32_t encode(std::int32_t magnitude, std::int32_t draw) const {
    const std::int32_t rounded = (std::min(magnitude, kInfinityBits - 1) + (draw << 4)) >> kCut;
    const std::int32_t finite = std::min(std::max(rounded, lowest), highest);
    const std::int32_t beyond = (kInfinityBits >> kCut) | (magnitude > kInfinityBits ? 4 : 0);
    return (magnitude < kInfinityBits ? finite : beyond) - offset;
  }
};

/// Denormal floats count as zero.
[[gnu::always_inline]] inline std::int32_t normal_magnitude(float x) {
  const std::int32_t magnitude = magnitude_bits(x);
  return magnitude < kSmallestNormalBits ? 0 : magnitude;
}

/// Negative numbers, which an array without signs should not meet, count as zero too. NaN has no sign.
[[gnu::always_inline]] inline std::int32_t unsigned_magnitude(float x) {
  const bool negative = std::bit_cast<std::int32_t>(x) < 0 && !is_nan(x);
  return negative ? 0 : normal_magnitude(x);
}

}  // namespace gradus::engine::codecs
