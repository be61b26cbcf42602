#include "gradus/engine/draws.hpp"

#include <bit>
#include <cstring>

#include "engine/philox.hpp"
#include "gradus/engine/sweep.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus::engine {

namespace {

static_assert(std::endian::native == std::endian::little, "a word is stored as two of 16 bits");

constexpr int kRounds = 7;
constexpr std::size_t kWords = 4;                                  // of a Philox block
constexpr std::size_t kLines = 32, kInLine = kDrawGroup / kLines;  // lines side by side; draws in each
constexpr std::size_t kBlocks =
    2 * kLines * 2 / (kWords * sizeof(std::uint32_t));  // for where lines begin, and go

/// Times x in the field of 2^16 elements, polynomials modulo x^16 + x^12 + x^3 + x + 1.
[[gnu::always_inline]] inline std::uint16_t times_x(std::uint16_t a) {
  const auto carried = static_cast<std::int16_t>(static_cast<std::int16_t>(a) >> 15);
  return static_cast<std::uint16_t>((a << 1) ^ (carried & 0x100b));
}

struct DrawBody {
  [[gnu::always_inline]] static inline void run(const DrawKey& key, std::uint64_t first, std::size_t n,
                                                std::uint16_t* out) {
    const PhiloxKey seed = {
        static_cast<std::uint32_t>(key.seed),
        static_cast<std::uint32_t>(key.seed >> 32) ^ static_cast<std::uint32_t>(key.step >> 32)};
    for (std::size_t i = 0; i < n; i += kDrawGroup)
      group(key, seed, (first + i) / kDrawGroup * kBlocks, out + i);
  }

  [[gnu::always_inline]] static inline void group(const DrawKey& key, PhiloxKey seed, std::uint64_t block,
                                                  std::uint16_t* __restrict out) {
    alignas(64) std::uint32_t words[kWords * kBlocks];
    alignas(64) std::uint16_t begin[kLines], way[kLines];
    fill(key, seed, block, words);
    std::memcpy(begin, words, sizeof begin);
    std::memcpy(way, words + kWords * kBlocks / 2, sizeof way);
#if !defined(__clang__)  // so that `begin` and `way` stay in registers
#pragma GCC unroll 16
#endif
    for (std::size_t j = 0; j < kInLine; ++j) {
      GRADUS_INDEPENDENT
      for (std::size_t l = 0; l < kLines; ++l) {
        out[j * kLines + l] = begin[l] ^ way[l];
        way[l] = times_x(way[l]);
      }
    }
  }

  /// Word w of block l at w * kBlocks + l.
  [[gnu::always_inline]] static inline void fill(const DrawKey& key, PhiloxKey seed, std::uint64_t block,
                                                 std::uint32_t* __restrict words) {
    const auto low = static_cast<std::uint32_t>(block);  // a multiple of kBlocks: nothing is carried from it
    const auto high = static_cast<std::uint32_t>(block >> 32) ^ (key.array << 16);
    const auto step = static_cast<std::uint32_t>(key.step);
    GRADUS_INDEPENDENT
    for (std::uint32_t l = 0; l < kBlocks; ++l) {
      const PhiloxBlock random = philox_block<kRounds>({low + l, high, key.parameter, step}, seed);
      for (std::size_t w = 0; w < kWords; ++w) words[w * kBlocks + l] = random[w];
    }
  }
};

}  // namespace

void draw(Isa isa, const DrawKey& key, std::uint64_t first, std::size_t n, std::uint16_t* out) {
  using Function = void (*)(const DrawKey&, std::uint64_t, std::size_t, std::uint16_t*);
  Versions<DrawBody>::pick<Function>(isa)(key, first, n, out);
}

}  // namespace gradus::engine
