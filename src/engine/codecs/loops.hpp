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
/// - magnitude(float) -> std::int32_t: the bits of what counts of an element, when the largest is looked for
/// - beside_for(std::int32_t largest) -> Beside
/// - Scale, constructed from Beside: what is the same for all elements of a block
/// - decode(Scale, std::uint8_t) -> float, nearest(Scale, float) and stochastic(Scale, float, draw).
template <class C>
struct InBlocks {
  GRADUS_INLINE std::int32_t largest(std::size_t n, const float* in) {
    std::int32_t result = 0;
    for (std::size_t i = 0; i < n; ++i) result = std::max(result, C::magnitude(in[i]));
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
  GRADUS_INLINE auto encode_block(std::size_t n, const float* in, const std::uint16_t* draws,
                                  std::uint8_t* codes) {
    const auto beside = C::beside_for(largest(n, in));
    const typename C::Scale scale(beside);
    if (draws != nullptr)
      stochastic_block(n, scale, in, draws, codes);
    else
      nearest_block(n, scale, in, codes);
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
