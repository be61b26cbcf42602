#pragma once

// The random numbers of stochastic rounding. They are counted, not drawn one after the other: each depends on
// its key and its element alone, so neither threads nor chunks nor resuming can be seen in them.

#include <cstddef>
#include <cstdint>

#include "gradus/engine/isa.hpp"

namespace gradus::engine {

/// What the draws of an array in a step depend on. No two (key, element) have the same draw as long as
/// step < 2^32, array < 2^16 and element < 2^51; beyond that the step's upper half is mixed into the seed.
struct DrawKey {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  std::uint32_t parameter = 0;
  std::uint32_t array = 0;  // of the parameter: itself and its slots have one each
};

/// Draws come in groups of as many; a call begins with a whole group.
inline constexpr std::size_t kDrawGroup = 128;

/// out[i] = the 16 bits of element first + i, for i < n. `first` is a multiple of kDrawGroup; `out` has room
/// for n rounded up to one.
///
/// Philox4x32 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011) with 7 rounds, the fewest
/// that pass its authors' tests (BigCrush); rounding needs no more.
void draw(Isa isa, const DrawKey& key, std::uint64_t first, std::size_t n, std::uint16_t* out);

}  // namespace gradus::engine
