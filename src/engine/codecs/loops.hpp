#pragma once

// The loops over elements that codecs share. A codec is a type with two always-inlined functions,
//
//   static void decode(std::size_t n, const std::byte* elements, const std::byte* beside, float* out);
//   static void encode(std::size_t n, const float* in, const std::uint16_t* draws, std::byte* elements,
//                      std::byte* beside);
//
// which it gets from Elementwise or InBlocks if it says what becomes of one element.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "gradus/engine/codec.hpp"
#include "gradus/engine/sweep.hpp"

#define GRADUS_INLINE [[gnu::always_inline]] static inline

namespace gradus::engine::codecs {

/// Half of the discarded unit, where one of 2^16 is drawn: rounding by it is rounding half up.
inline constexpr std::int32_t kHalf = 0x8000;

/// A float's bits as two numbers of 16: the lower half comes first.
using Half [[gnu::may_alias]] = std::uint16_t;
static_assert(std::endian::native == std::endian::little);
GRADUS_INLINE const Half* halves_of(const float* floats) { return reinterpret_cast<const Half*>(floats); }

/// C has Element, decode(Element) -> float, nearest(float) -> Element and
/// stochastic(float, std::int32_t draw) -> Element.
template <class C>
struct Elementwise {
  template <class Element>
  GRADUS_INLINE void decode_all(std::size_t n, const Element* __restrict elements, float* __restrict out) {
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) out[i] = C::decode(elements[i]);
  }
  template <class Element>
  GRADUS_INLINE void nearest_all(std::size_t n, const float* __restrict in, Element* __restrict elements) {
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) elements[i] = C::nearest(in[i]);
  }
  template <class Element>
  GRADUS_INLINE void stochastic_all(std::size_t n, const float* __restrict in,
                                    const std::uint16_t* __restrict draws, Element* __restrict elements) {
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) elements[i] = C::stochastic(in[i], draws[i]);
  }

  GRADUS_INLINE void decode(std::size_t n, const std::byte* elements, const std::byte* /*beside*/,
                            float* out) {
    decode_all(n, reinterpret_cast<const typename C::Element*>(elements), out);
  }
  GRADUS_INLINE void encode(std::size_t n, const float* in, const std::uint16_t* draws, std::byte* elements,
                            std::byte* /*beside*/) {
    auto* codes = reinterpret_cast<typename C::Element*>(elements);
    if (draws != nullptr)
      stochastic_all(n, in, draws, codes);
    else
      nearest_all(n, in, codes);
  }
};

/// C has codes of 8 bits, Beside (of one block), and
/// - magnitude(float) -> std::int32_t: of a finite element, what the largest is looked for among, as bits
/// - Scale, constructed from Beside: what is the same for all elements of a block
/// - decode(Scale, std::uint8_t) -> float
/// - nearest(Scale, float) and stochastic(Scale, float, draw) -> std::uint8_t, of a finite element
/// - encode_finite(n, scale, least, in, draws, codes), if more is to be known: that no magnitude is below `least`
/// - beside_for(std::int32_t largest) -> Beside; and for blocks that hold infinity or NaN, by the largest
///   finite element, beside_infinity(largest) -> Beside and code_beside_infinity(float, std::uint8_t code).
template <class C>
struct InBlocks {
  template <class F>
  GRADUS_INLINE std::int32_t largest(std::size_t n, const float* in, F bits) {
    std::int32_t result = 0;
    for (std::size_t i = 0; i < n; ++i) result = std::max(result, bits(in[i]));
    return result;
  }

  template <class Scale>
  GRADUS_INLINE void decode_block(std::size_t n, Scale scale, const std::uint8_t* __restrict codes,
                                  float* __restrict out) {
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) out[i] = C::decode(scale, codes[i]);
  }
  template <class Scale>
  GRADUS_INLINE void nearest_block(std::size_t n, Scale scale, const float* __restrict in,
                                   std::uint8_t* __restrict codes) {
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) codes[i] = C::nearest(scale, in[i]);
  }
  template <class Scale>
  GRADUS_INLINE void stochastic_block(std::size_t n, Scale scale, const float* __restrict in,
                                      const std::uint16_t* __restrict draws, std::uint8_t* __restrict codes) {
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) codes[i] = C::stochastic(scale, in[i], draws[i]);
  }
  template <class Scale>
  GRADUS_INLINE void encode_finite(std::size_t n, Scale scale, std::int32_t /*least*/, const float* in,
                                   const std::uint16_t* draws, std::uint8_t* codes) {
    if (draws != nullptr)
      stochastic_block(n, scale, in, draws, codes);
    else
      nearest_block(n, scale, in, codes);
  }
  GRADUS_INLINE auto encode_block(std::size_t n, const float* in, const std::uint16_t* draws,
                                  std::uint8_t* codes) {
    std::int32_t of_all = 0, of_finite = 0, least = kInfinityBits;
    for (std::size_t i = 0; i < n; ++i) {
      of_all = std::max(of_all, magnitude_bits(in[i]));
      of_finite = std::max(of_finite, C::magnitude(in[i]));
      least = std::min(least, C::magnitude(in[i]));
    }
    if (of_all >= kInfinityBits) return encode_not_finite(n, in, draws, codes);
    const auto beside = C::beside_for(of_finite);
    C::encode_finite(n, typename C::Scale(beside), least, in, draws, codes);
    return beside;
  }
  /// Seldom, and slow.
  [[gnu::noinline]] static auto encode_not_finite(std::size_t n, const float* in, const std::uint16_t* draws,
                                                  std::uint8_t* codes) {
    float finite[kBlock];
    for (std::size_t i = 0; i < n; ++i) finite[i] = magnitude_bits(in[i]) < kInfinityBits ? in[i] : 0;
    const auto beside = C::beside_infinity(largest(n, finite, C::magnitude));
    C::encode_finite(n, typename C::Scale(beside), 0, finite, draws, codes);
    for (std::size_t i = 0; i < n; ++i) codes[i] = C::code_beside_infinity(in[i], codes[i]);
    return beside;
  }

  GRADUS_INLINE void decode(std::size_t n, const std::byte* elements, const std::byte* beside, float* out) {
    const auto* codes = reinterpret_cast<const std::uint8_t*>(elements);
    const auto* scales = reinterpret_cast<const typename C::Beside*>(beside);
    for (std::size_t i = 0; i < n; i += kBlock)
      C::decode_block(std::min(kBlock, n - i), typename C::Scale(scales[i / kBlock]), codes + i, out + i);
  }
  GRADUS_INLINE void encode(std::size_t n, const float* in, const std::uint16_t* draws, std::byte* elements,
                            std::byte* beside) {
    auto* codes = reinterpret_cast<std::uint8_t*>(elements);
    auto* scales = reinterpret_cast<typename C::Beside*>(beside);
    for (std::size_t i = 0; i < n; i += kBlock)
      scales[i / kBlock] =
          C::encode_block(std::min(kBlock, n - i), in + i, draws == nullptr ? nullptr : draws + i, codes + i);
  }
};

}  // namespace gradus::engine::codecs
