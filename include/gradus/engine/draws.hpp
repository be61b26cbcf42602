#pragma once

// The random numbers of stochastic rounding. They are counted, not drawn one after the other: each depends on
// its key and its element alone, so neither threads nor chunks nor resuming can be seen in them.

#include <cstddef>
#include <cstdint>

#include "gradus/engine/isa.hpp"

namespace gradus::engine {

/// What the draws of an array in a step depend on. No two (key, group) have the same random words as long as
/// step < 2^32, array < 2^16 and element < 2^54; beyond that the step's upper half is mixed into the seed.
struct DrawKey {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  std::uint32_t parameter = 0;
  std::uint32_t array = 0;  // of the parameter: itself and its slots have one each
};

/// Draws come in groups of as many; a call begins with a whole group.
inline constexpr std::size_t kDrawGroup = 512;

/// out[i] = the 16 bits of element first + i, for i < n. `first` is a multiple of kDrawGroup; `out` has room
/// for n rounded up to one.
///
/// Random words cost more than the step, so a group has eight blocks of them and no more. They are Philox4x32's
/// (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011) with 7 rounds, the fewest that pass its
/// authors' tests (BigCrush). Of each block two numbers are made for each of four lines, a and b; the element
/// 32 j + l of a group draws a j + b of line l, in the field of 2^16 elements (Carter & Wegman, "Universal classes
/// of hash functions", 1979). So each draw is uniform and any two are independent, exactly, if the words are; three
/// in one line are not. Hence the mean and the variance of whatever sums roundings are those of independent draws;
/// and what one element draws in different steps, or for different arrays, has words of its own.
void draw(Isa isa, const DrawKey& key, std::uint64_t first, std::size_t n, std::uint16_t* out);

}  // namespace gradus::engine
