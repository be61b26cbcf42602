#pragma once

// Philox4x32 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011, section 3.3).

#include <array>
#include <cstdint>

namespace gradus::engine {

using PhiloxKey = std::array<std::uint32_t, 2>;

/// The block of random words that a counter stands for, as two pairs: the first of each is its lower half.
/// Their authors' default is 10 rounds.
///
/// A word is the lower half of 64 bits, of which the upper ones are cut off when they matter: of products of
/// vectors of 32 bits g++ 12 makes twice as much, widening and shuffling what is multiplied.
template <int rounds>
[[gnu::always_inline]] inline std::array<std::uint64_t, 2> philox_pairs(
    const std::array<std::uint64_t, 4>& counter, PhiloxKey key) {
  constexpr std::uint64_t kLower = 0xffffffff;
  std::array<std::uint64_t, 4> x = counter;
#if !defined(__clang__)  // clang++ does so by itself
#pragma GCC unroll 10
#endif
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t a = 0xD2511F53 * (x[0] & kLower), b = 0xCD9E8D57 * (x[2] & kLower);
    x = {(b >> 32) ^ x[1] ^ key[0], b, (a >> 32) ^ x[3] ^ key[1], a};
    key = {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85};  // Weyl sequences of the golden ratio and sqrt(3) - 1
  }
  return {(x[0] & kLower) | x[1] << 32, (x[2] & kLower) | x[3] << 32};
}

}  // namespace gradus::engine
