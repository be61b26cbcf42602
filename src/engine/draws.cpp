#include "gradus/engine/draws.hpp"

#include <bit>
#include <cstring>

#include "engine/philox.hpp"
#include "gradus/engine/sweep.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus::engine {

namespace {

static_assert(std::endian::native == std::endian::little, "64 bits are stored as four of 16");

constexpr int kRounds = 7;
constexpr std::size_t kLines = 32, kInLine = kDrawGroup / kLines;  // lines side by side; draws in each
constexpr std::size_t kBlocks = 8;                                 // of Philox, for four lines each

/// Times x in the field of 2^16 elements: polynomials of bits, modulo x^16 + x^12 + x^3 + x + 1.
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
    alignas(64) std::uint64_t pairs[2][kBlocks];
    alignas(64) std::uint16_t factor[kLines];
    fill(key, seed, block, pairs[0], pairs[1]);
    std::memcpy(out, pairs[0], sizeof pairs[0]);
    std::memcpy(factor, pairs[1], sizeof factor);
    for (std::size_t rows = 1; rows < kInLine; rows *= 2) {  // 2^k; the factors: a x^k
      for (std::size_t j = 0; j < rows; ++j) {
        GRADUS_INDEPENDENT
        for (std::size_t l = 0; l < kLines; ++l)
          out[(rows + j) * kLines + l] = out[j * kLines + l] ^ factor[l];
      }
      GRADUS_INDEPENDENT
      for (std::uint16_t& f : factor) f = times_x(f);
    }
  }

  [[gnu::always_inline]] static inline void fill(const DrawKey& key, PhiloxKey seed, std::uint64_t block,
                                                 std::uint64_t* __restrict first,
                                                 std::uint64_t* __restrict second) {
    const std::uint64_t low = block & 0xffffffff;  // a multiple of kBlocks: nothing is carried from it
    const std::uint64_t high = (block >> 32) ^ (std::uint64_t{key.array} << 16);
    GRADUS_INDEPENDENT
    for (std::size_t l = 0; l < kBlocks; ++l) {
      const auto pairs = philox_pairs<kRounds>({low + l, high, key.parameter, key.step}, seed);
      first[l] = pairs[0];
      second[l] = pairs[1];
    }
  }
};

}  // namespace

void draw(Isa isa, const DrawKey& key, std::uint64_t first, std::size_t n, std::uint16_t* out) {
  using Function = void (*)(const DrawKey&, std::uint64_t, std::size_t, std::uint16_t*);
  Versions<DrawBody>::pick<Function>(isa)(key, first, n, out);
}

}  // namespace gradus::engine
