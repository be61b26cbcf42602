#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "gradus/engine/codec.hpp"

namespace gradus::test {

/// An array as a Dtype keeps it.
struct Kept {
  Dtype dtype;
  std::size_t n;
  std::vector<std::byte> elements, beside;

  Kept(Dtype kept, std::size_t size)
      : dtype(kept),
        n(size),
        elements(n * layout_of(kept).element_bytes),
        beside((n + layout_of(kept).block - 1) / layout_of(kept).block * layout_of(kept).beside_bytes) {}

  [[nodiscard]] std::uint32_t code(std::size_t i) const {
    const auto byte = [&](std::size_t k) { return std::to_integer<std::uint32_t>(elements[k]); };
    return bytes_of(dtype) == 1 ? byte(i) : byte(2 * i) | byte(2 * i + 1) << 8;
  }
  void set_code(std::size_t i, std::uint32_t code) {
    const std::size_t bytes = bytes_of(dtype);
    for (std::size_t b = 0; b < bytes; ++b) elements[i * bytes + b] = static_cast<std::byte>(code >> (8 * b));
  }
  friend bool operator==(const Kept&, const Kept&) = default;
};

template <class T>
Kept encoded(Dtype dtype, std::span<const T> in, const std::uint16_t* draws = nullptr,
             Isa isa = available_isas().back()) {
  Kept kept(dtype, in.size());
  engine::codec_for(isa, dtype, kDtypeOf<T>)
      .encode(in.size(), in.data(), draws, kept.elements.data(), kept.beside.data());
  return kept;
}
inline Kept encoded(Dtype dtype, const std::vector<float>& in, const std::uint16_t* draws = nullptr) {
  return encoded<float>(dtype, std::span(in), draws);
}

template <class T = float>
std::vector<T> decoded(const Kept& kept, Isa isa = available_isas().back()) {
  std::vector<T> out(kept.n);
  engine::codec_for(isa, kept.dtype, kDtypeOf<T>)
      .decode(kept.n, kept.elements.data(), kept.beside.data(), out.data());
  return out;
}

inline float float_of(std::uint32_t bits) { return std::bit_cast<float>(bits); }
inline std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }

inline constexpr float kInfinite = std::numeric_limits<float>::infinity();
inline constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
inline constexpr float kLargestFloat = std::numeric_limits<float>::max();
inline constexpr float kSmallestNormal = std::numeric_limits<float>::min();

}  // namespace gradus::test
