#pragma once

#include "engine/codecs/loops.hpp"

namespace gradus::engine::codecs {

struct Float16 : Elementwise<Float16> {
  using Element = std::uint16_t;
  using Elementwise::decode;

  GRADUS_INLINE float decode(Element code) { return to_float(float16{code}); }
  GRADUS_INLINE Element nearest(float x) { return to_float16(x).bits; }

  /// Adds as many bits of the draw as are cut off: 13, and where the code is a whole number of 2^-24, all 16
  /// to that number's binary places. Saturates below 65536; what is not below it is infinity, drawn or not.
  GRADUS_INLINE Element stochastic(float x, std::int32_t draw) {
    const std::int32_t magnitude = magnitude_bits(x), sign = (std::bit_cast<std::int32_t>(x) >> 16) & 0x8000;
    const std::int32_t normal =
        std::min((std::min(magnitude, kBeyond) - kFloat16Bias + (draw >> 3)) >> kFloat16Shift, 0x7bff);
    const auto places =
        static_cast<std::int32_t>(std::bit_cast<float>(std::min(magnitude, kFloat16Normal)) * 0x1p40F);
    const std::int32_t subnormal = (places + draw) >> 16;
    const std::int32_t finite = choose(magnitude < kFloat16Normal, subnormal, normal);
    return static_cast<Element>(choose(magnitude < kBeyond, finite | sign, to_float16(x).bits));
  }

 private:
  static constexpr std::int32_t kBeyond = 0x47800000;  // of the float 65536
};

}  // namespace gradus::engine::codecs
