#pragma once

// How arrays kept in few bits become the numbers of the arithmetic, tile by tile, and how they are kept
// again. src/engine/codecs/ has a file for each codec.

#include <cstddef>
#include <cstdint>

#include "gradus/engine/isa.hpp"
#include "gradus/states/dtype.hpp"

namespace gradus::engine {

/// Elements that share a scale, in the codecs that have one: layout_of(dtype).block.
inline constexpr std::size_t kBlock = 256;

/// Bits do not depend on the instruction set. NaN stays NaN.
///
/// Arithmetic in double goes through float, which is one more rounding (to nearest), unless double or float
/// is what is kept: what lies beyond a float's range is infinity, or zero.
struct Codec {
  /// n elements from where `elements` and `beside` point (for codecs with blocks: where a block begins; n
  /// need not be a multiple of the block) to `out`, of the arithmetic's type.
  void (*decode)(std::size_t n, const std::byte* elements, const std::byte* beside, void* out);
  /// The reverse. `draws`: n random numbers of 16 bits, by which an element is rounded to one of its two
  /// neighbours so that the mean over all draws is the element itself; or null: to nearest. No finite number
  /// becomes infinite by its draw. float32, float64 and `halves` leave nothing to chance.
  void (*encode)(std::size_t n, const void* in, const std::uint16_t* draws, std::byte* elements,
                 std::byte* beside);
};

/// Arithmetic is f32 or f64. A Dtype that is kept as it is computed is copied.
Codec codec_for(Isa isa, Dtype kept, Dtype arithmetic);

}  // namespace gradus::engine
