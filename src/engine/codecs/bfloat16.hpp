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

  /// In vectors of halves, twice as many as of floats: of the upper one, that the lower one adds 1 or not. So
  /// little is enough where no element is near infinity, or NaN; where one is, each takes the long way.
  GRADUS_INLINE void encode(std::size_t n, const float* in, const std::uint16_t* draws, std::byte* elements,
                            std::byte* /*beside*/) {
    auto* codes = reinterpret_cast<Element*>(elements);
    if (draws != nullptr) {
      if (stochastic_halves(n, in, draws, codes) >= kLargestFinite) stochastic_all(n, in, draws, codes);
    } else {
      if (nearest_halves(n, in, codes) > kLargestFinite) nearest_all(n, in, codes);
    }
  }

 private:
  static constexpr std::int16_t kLargestFinite = 0x7f7f;

  /// Returns the largest magnitude, cut off.
  GRADUS_INLINE std::int16_t nearest_halves(std::size_t n, const float* in, Element* __restrict codes) {
    const Half* __restrict halves = halves_of(in);
    std::int16_t largest = 0;
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint16_t lower = halves[2 * i], upper = halves[2 * i + 1];
      const auto middle = static_cast<std::uint16_t>(0x8000 - (upper & 1));
      codes[i] = static_cast<Element>(upper + (lower > middle ? 1 : 0));
      largest = std::max(largest, static_cast<std::int16_t>(upper & 0x7fff));
    }
    return largest;
  }
  GRADUS_INLINE std::int16_t stochastic_halves(std::size_t n, const float* in,
                                               const std::uint16_t* __restrict draws,
                                               Element* __restrict codes) {
    const Half* __restrict halves = halves_of(in);
    std::int16_t largest = 0;
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint16_t lower = halves[2 * i], upper = halves[2 * i + 1];
      const auto sum = static_cast<std::uint16_t>(lower + draws[i]);
      codes[i] = static_cast<Element>(upper + (sum < lower ? 1 : 0));
      largest = std::max(largest, static_cast<std::int16_t>(upper & 0x7fff));
    }
    return largest;
  }
};

}  // namespace gradus::engine::codecs
