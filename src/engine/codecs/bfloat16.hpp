#pragma once

#include "engine/codecs/loops.hpp"

namespace gradus::engine::codecs {

struct Bfloat16 : Elementwise<Bfloat16> {
  using Element = std::uint16_t;
  using Elementwise::decode;

  GRADUS_INLINE float decode(Element code) { return to_float(bfloat16{code}); }
  GRADUS_INLINE Element nearest(float x) { return to_bfloat16(x).bits; }

  /// Adds the draw to the half that is cut off. Saturates at the largest finite one.
  GRADUS_INLINE Element stochastic(float x, std::int32_t draw) {
    const std::int32_t magnitude = magnitude_bits(x), sign = (std::bit_cast<std::int32_t>(x) >> 16) & 0x8000;
    const std::int32_t finite = std::min((std::min(magnitude, kInfinityBits - 1) + draw) >> 16, 0x7f7f);
    const std::int32_t nan = magnitude > kInfinityBits ? 0x40 : 0;
    const std::int32_t beyond = (magnitude >> 16) | nan;
    return static_cast<Element>((magnitude < kInfinityBits ? finite : beyond) | sign);
  }
};

}  // namespace gradus::engine::codecs
