#pragma once

// Philox4x32 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011, section 3.3).

#include <array>
#include <cstdint>

namespace gradus::engine {

using PhiloxKey = std::array<std::uint32_t, 2>;
using PhiloxBlock = std::array<std::uint32_t, 4>;

/// The block of random words that a counter stands for. Their authors' default is 10 rounds.
///
/// Words are the lower halves of 64 bits, of which the upper ones are cut off when they matter: of products of
/// 32-bit vectors g++ 12 makes twice as much, widening and shuffling what is multiplied.
template <int rounds>
[[gnu::always_inline]] inline PhiloxBlock philox_block(PhiloxBlock counter, PhiloxKey key) {
  constexpr std::uint64_t kLower = 0xffffffff;
  std::array<std::uint64_t, 4> x = {counter[0], counter[1], counter[2], counter[3]};
#if !defined(__clang__)  // clang++ does so by itself
#pragma GCC unroll 10
#endif
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t a = 0xD2511F53 * (x[0] & kLower), b = 0xCD9E8D57 * (x[2] & kLower);
    x = {(b >> 32) ^ x[1] ^ key[0], b, (a >> 32) ^ x[3] ^ key[1], a};
    key = {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85};  // Weyl sequences of the golden ratio and sqrt(3) - 1
  }
  return {static_cast<std::uint32_t>(x[0]), static_cast<std::uint32_t>(x[1]),
          static_cast<std::uint32_t>(x[2]), static_cast<std::uint32_t>(x[3])};
}

}  // namespace gradus::engine
