#pragma once

// Philox4x32 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011, section 3.3).

#include <array>
#include <cstdint>

namespace gradus::engine {

using PhiloxKey = std::array<std::uint32_t, 2>;
using PhiloxBlock = std::array<std::uint32_t, 4>;

/// The block of random words that a counter stands for. Their authors' default is 10 rounds.
template <int rounds>
[[gnu::always_inline]] inline PhiloxBlock philox_block(PhiloxBlock counter, PhiloxKey key) {
  PhiloxBlock x = counter;
#if !defined(__clang__)  // clang++ does so by itself
#pragma GCC unroll 10
#endif
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * x[0], b = std::uint64_t{0xCD9E8D57} * x[2];
    x = {static_cast<std::uint32_t>(b >> 32) ^ x[1] ^ key[0], static_cast<std::uint32_t>(b),
         static_cast<std::uint32_t>(a >> 32) ^ x[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key = {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85};  // Weyl sequences of the golden ratio and sqrt(3) - 1
  }
  return x;
}

}  // namespace gradus::engine
