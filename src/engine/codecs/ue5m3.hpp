#pragma once

#include "engine/codecs/block_float.hpp"

namespace gradus::engine::codecs {

/// 5 bits of exponent, 3 of mantissa; code 0 is zero. Rounds half up. Made for second moments, by whose root
/// one divides: what lies below the lowest nonzero code becomes that code, drawn or not, and never zero.
struct Ue5m3 : InBlocks<Ue5m3> {
  using InBlocks::decode;
  using Beside = std::uint8_t;
  using Scale = BlockScale<32>;

  GRADUS_INLINE std::int32_t magnitude(float x) { return unsigned_magnitude(x); }
  GRADUS_INLINE Beside beside_for(std::int32_t largest) { return static_cast<Beside>(largest >> 23); }

  GRADUS_INLINE float decode(const Scale& scale, std::uint8_t code) {
    return std::bit_cast<float>(scale.decode(code));
  }
  GRADUS_INLINE std::uint8_t nearest(const Scale& scale, float x) { return stochastic(scale, x, kHalf); }
  GRADUS_INLINE std::uint8_t stochastic(const Scale& scale, float x, std::int32_t draw) {
    const std::int32_t magnitude = unsigned_magnitude(x);
    return static_cast<std::uint8_t>(magnitude == 0 ? 0 : scale.encode(magnitude, draw));
  }
};

}  // namespace gradus::engine::codecs
