#pragma once

// What e4m3 and ue5m3 share. Without its sign a code is an exponent and three bits of mantissa, and so are
// the upper bits of a float, above the 20 that are cut off. The two differ by an offset that is the same in a
// whole block: all is done with integers. Denormal floats count as zero.

#include "engine/codecs/loops.hpp"

namespace gradus::engine::codecs {

/// kExponents: how many exponents a code can have. Its highest is that of the block's largest element; in a
/// block that holds infinity or NaN, which have the exponent 255, it is theirs.
template <std::int32_t kExponents>
struct BlockScale {
  static constexpr std::int32_t kCut = 20, kFirstNormal = 8, kInfinity = kInfinityBits >> kCut;

  explicit BlockScale(std::uint8_t exponent)
      : offset((exponent - (kExponents - 1)) * 8),
        lowest(std::max(offset + 1, kFirstNormal)),
        highest(std::min(offset + kExponents * 8, kInfinity) - 1) {}

  std::int32_t offset;   // from a code to the upper bits of a float
  std::int32_t lowest;   // nonzero number, as upper bits. A code below it is zero: 0, and denormal floats
  std::int32_t highest;  // finite number, as upper bits

  [[nodiscard]] [[gnu::always_inline]] std::int32_t decode(std::int32_t code) const {
    const std::int32_t upper = code + offset;
    return upper < lowest ? 0 : upper << kCut;
  }
  /// Of a finite magnitude that is not to become zero.
  [[nodiscard]] [[gnu::always_inline]] std::int32_t encode(std::int32_t magnitude, std::int32_t draw) const {
    return std::min(std::max((magnitude + (draw << 4)) >> kCut, lowest), highest) - offset;
  }
};

}  // namespace gradus::engine::codecs
