#pragma once

#include "engine/codecs/block_float.hpp"

namespace gradus::engine::codecs {

/// 5 bits of exponent, 3 of mantissa; code 0 is zero. Rounds half up. Made for second moments, by whose root
/// one divides: what lies below the lowest nonzero code becomes that code, drawn or not, and never zero.
/// Negative numbers, which it should not meet, count as zero.
struct Ue5m3 : InBlocks<Ue5m3> {
  using InBlocks::decode;
  using Beside = std::uint8_t;
  using Scale = BlockScale<32>;

  GRADUS_INLINE std::int32_t magnitude(float x) { return std::bit_cast<std::int32_t>(x); }
  GRADUS_INLINE Beside beside_for(std::int32_t largest) { return static_cast<Beside>(largest >> 23); }
  GRADUS_INLINE Beside beside_infinity(std::int32_t /*largest*/) { return 255; }
  static std::uint8_t code_beside_infinity(float x, std::uint8_t code) {
    if (is_nan(x)) return 0xfc;
    return std::bit_cast<std::int32_t>(x) == kInfinityBits ? 0xf8 : code;
  }

  GRADUS_INLINE float decode(const Scale& scale, std::uint8_t code) {
    return std::bit_cast<float>(scale.decode(code));
  }
  GRADUS_INLINE std::uint8_t nearest(const Scale& scale, float x) { return stochastic(scale, x, kHalf); }
  GRADUS_INLINE std::uint8_t stochastic(const Scale& scale, float x, std::int32_t draw) {
    const std::int32_t bits = std::bit_cast<std::int32_t>(x);  // of a negative number they are negative too
    const std::int32_t code = scale.encode(bits, draw);
    return static_cast<std::uint8_t>(bits < kSmallestNormalBits ? 0 : code);
  }
};

}  // namespace gradus::engine::codecs
