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

  /// Of blocks without any element below the lowest nonzero code.
  struct ScaleAbove : Scale {};

  GRADUS_INLINE std::int32_t magnitude(float x) { return magnitude_bits(x); }
  GRADUS_INLINE Beside beside_for(std::int32_t largest) { return static_cast<Beside>(largest >> 23); }
  GRADUS_INLINE Beside beside_infinity(std::int32_t /*largest*/) { return 255; }
  static std::uint8_t code_beside_infinity(float x, std::uint8_t code) {
    if (magnitude_bits(x) < kInfinityBits) return code;
    return with_sign(x, is_nan(x) ? 0x7c : 0x78);
  }

  GRADUS_INLINE float decode(const Scale& scale, std::uint8_t code) {
    return std::bit_cast<float>(scale.decode(code & 0x7f) | ((code & 0x80) << 24));
  }
  GRADUS_INLINE std::uint8_t nearest(const Scale& scale, float x) {
    const std::int32_t magnitude = magnitude_bits(x), code = scale.encode(magnitude, kHalf);
    return with_sign(x, magnitude < scale.half_bits ? 0 : code);
  }
  /// The draw also decides, below the lowest code, between that and zero: by the share of it that x is, which
  /// is 1 from the lowest code on.
  GRADUS_INLINE std::uint8_t stochastic(const Scale& scale, float x, std::int32_t draw) {
    static_assert(1.125F * (1 / 1.125F) == 1, "the lowest code is this times a power of two, or that alone");
    const std::int32_t magnitude = magnitude_bits(x), code = scale.encode(magnitude, draw);
    const std::int32_t normal = magnitude < kSmallestNormalBits ? 0 : magnitude;
    const float share = std::bit_cast<float>(std::min(normal, scale.lowest_bits)) * scale.per_lowest;
    const std::int32_t reached = static_cast<std::int32_t>(share * 0x1p16F) + draw;
    return with_sign(x, reached < 0x10000 ? 0 : code);
  }

  GRADUS_INLINE std::uint8_t nearest(const ScaleAbove& scale, float x) { return stochastic(scale, x, kHalf); }
  GRADUS_INLINE std::uint8_t stochastic(const ScaleAbove& scale, float x, std::int32_t draw) {
    return with_sign(x, scale.encode(magnitude_bits(x), draw));
  }

  GRADUS_INLINE void encode_finite(std::size_t n, const Scale& scale, std::int32_t least, const float* in,
                                   const std::uint16_t* draws, std::uint8_t* codes) {
    if (least >= scale.lowest_bits)
      InBlocks::encode_finite(n, ScaleAbove{scale}, least, in, draws, codes);
    else
      InBlocks::encode_finite(n, scale, least, in, draws, codes);
  }

 private:
  GRADUS_INLINE std::uint8_t with_sign(float x, std::int32_t code) {
    return static_cast<std::uint8_t>(code | ((std::bit_cast<std::int32_t>(x) >> 24) & 0x80));
  }
};

}  // namespace gradus::engine::codecs
