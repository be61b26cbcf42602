#pragma once

#include "engine/codecs/block_float.hpp"

namespace gradus::engine::codecs {

/// Sign, 4 bits of exponent, 3 of mantissa; code 0 is zero. Rounds half away from zero. What lies below the
/// lowest nonzero code becomes zero or that code.
struct E4m3 : InBlocks<E4m3> {
  using InBlocks::decode;
  using Beside = std::uint8_t;
  struct Scale : BlockScale<16> {
    explicit Scale(Beside exponent)
        : BlockScale(exponent),
          lowest_bits(lowest << kCut),
          half_bits(std::max(lowest_bits - kSmallestNormalBits, kSmallestNormalBits)),
          per_lowest(1 / std::bit_cast<float>(lowest_bits)) {}
    std::int32_t lowest_bits;
    std::int32_t half_bits;  // of the lowest number, or where that would be denormal, the first that is not
    float per_lowest;
  };

  GRADUS_INLINE std::int32_t magnitude(float x) { return normal_magnitude(x); }
  GRADUS_INLINE Beside beside_for(std::int32_t largest) { return static_cast<Beside>(largest >> 23); }

  GRADUS_INLINE float decode(const Scale& scale, std::uint8_t code) {
    return std::bit_cast<float>(scale.decode(code & 0x7f) | ((code & 0x80) << 24));
  }
  GRADUS_INLINE std::uint8_t nearest(const Scale& scale, float x) {
    const std::int32_t magnitude = normal_magnitude(x);
    return with_sign(x, magnitude < scale.half_bits ? 0 : scale.encode(magnitude, kHalf));
  }
  GRADUS_INLINE std::uint8_t stochastic(const Scale& scale, float x, std::int32_t draw) {
    const std::int32_t magnitude = normal_magnitude(x);
    const float share = std::bit_cast<float>(std::min(magnitude, scale.lowest_bits)) * scale.per_lowest;
    const bool to_zero = static_cast<std::int32_t>(share * 0x1p16F) + draw < 0x10000;
    const bool zero = magnitude < scale.lowest_bits && to_zero;
    return with_sign(x, zero ? 0 : scale.encode(magnitude, draw));
  }

 private:
  GRADUS_INLINE std::uint8_t with_sign(float x, std::int32_t code) {
    return static_cast<std::uint8_t>(code | ((std::bit_cast<std::int32_t>(x) >> 24) & 0x80));
  }
};

}  // namespace gradus::engine::codecs
