#pragma once

#include "engine/codecs/loops.hpp"

namespace gradus::engine::codecs {

/// What is kept is itself a type of arithmetic. From double to float it is rounded to nearest.
template <class Kept>
struct Cast {
  template <class From, class To>
  GRADUS_INLINE void copy(std::size_t n, const From* __restrict from, To* __restrict to) {
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) to[i] = static_cast<To>(from[i]);
  }
  template <class T>
  GRADUS_INLINE void decode(std::size_t n, const std::byte* elements, const std::byte* /*beside*/, T* out) {
    copy(n, reinterpret_cast<const Kept*>(elements), out);
  }
  template <class T>
  GRADUS_INLINE void encode(std::size_t n, const T* in, const std::uint16_t* /*draws*/, std::byte* elements,
                            std::byte* /*beside*/) {
    copy(n, in, reinterpret_cast<Kept*>(elements));
  }
};

}  // namespace gradus::engine::codecs
