#pragma once

#include "engine/codecs/loops.hpp"

namespace gradus::engine::codecs {

/// A float as its nearest bfloat16 (half away from zero, so that plain integers do it) and, beside it, the
/// wrapped difference of the bits: every float comes back as it was, but for NaN's payload.
struct Halves {
  GRADUS_INLINE void join(std::size_t n, const std::uint16_t* __restrict upper,
                          const std::uint16_t* __restrict lower, float* __restrict out) {
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) {
      const auto difference = static_cast<std::uint32_t>(static_cast<std::int16_t>(lower[i]));
      out[i] = std::bit_cast<float>((std::uint32_t{upper[i]} << 16) + difference);
    }
  }
  /// Returns the largest magnitude, cut off.
  GRADUS_INLINE std::int16_t split_numbers(std::size_t n, const float* in, std::uint16_t* __restrict upper,
                                           std::uint16_t* __restrict lower) {
    const Half* __restrict halves = halves_of(in);
    std::int16_t largest = 0;
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint16_t low = halves[2 * i], high = halves[2 * i + 1];
      upper[i] = static_cast<std::uint16_t>(high + (low >> 15));
      lower[i] = low;  // less the upper half, in 16 bits: the same
      largest = std::max(largest, static_cast<std::int16_t>(high & 0x7fff));
    }
    return largest;
  }
  GRADUS_INLINE void split(std::size_t n, const float* __restrict in, std::uint16_t* __restrict upper,
                           std::uint16_t* __restrict lower) {
    if (split_numbers(n, in, upper, lower) < kInfinityBits >> 16) return;
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) {
      const auto bits = std::bit_cast<std::uint32_t>(in[i]);
      const std::uint32_t nan = (bits & 0x80000000) | 0x7fc00000;
      const std::uint32_t kept = magnitude_bits(in[i]) > kInfinityBits ? nan : bits;
      upper[i] = static_cast<std::uint16_t>((kept + 0x8000) >> 16);
      lower[i] = static_cast<std::uint16_t>(kept);
    }
  }

  GRADUS_INLINE void decode(std::size_t n, const std::byte* elements, const std::byte* beside, float* out) {
    join(n, reinterpret_cast<const std::uint16_t*>(elements), reinterpret_cast<const std::uint16_t*>(beside),
         out);
  }
  GRADUS_INLINE void encode(std::size_t n, const float* in, const std::uint16_t* /*draws*/,
                            std::byte* elements, std::byte* beside) {
    split(n, in, reinterpret_cast<std::uint16_t*>(elements), reinterpret_cast<std::uint16_t*>(beside));
  }
};

}  // namespace gradus::engine::codecs
