#include "gradus/engine/draws.hpp"

#include <bit>
#include <cstring>

#include "engine/philox.hpp"
#include "gradus/engine/sweep.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus::engine {

namespace {

static_assert(std::endian::native == std::endian::little, "a word is stored as the draws of two elements");

constexpr int kRounds = 7;
constexpr std::size_t kWords = 4;                           // of a Philox block
constexpr std::size_t kBlocks = kDrawGroup / (2 * kWords);  // of a group, side by side
static_assert(kBlocks == 16, "the same for every width of vectors");

/// Element e of a group is half e % 2 of word e / 32 of block (e % 32) / 2: whole vectors are stored as they
/// come.
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
    const auto low = static_cast<std::uint32_t>(block);  // a multiple of kBlocks: nothing is carried from it
    const auto high = static_cast<std::uint32_t>(block >> 32) ^ (key.array << 16);
    const auto step = static_cast<std::uint32_t>(key.step);
    GRADUS_INDEPENDENT
    for (std::uint32_t l = 0; l < kBlocks; ++l) {
      const PhiloxBlock words = philox_block<kRounds>({low + l, high, key.parameter, step}, seed);
      for (std::size_t w = 0; w < kWords; ++w)
        std::memcpy(out + w * 2 * kBlocks + 2 * l, &words[w], sizeof words[w]);
    }
  }
};

}  // namespace

void draw(Isa isa, const DrawKey& key, std::uint64_t first, std::size_t n, std::uint16_t* out) {
  using Function = void (*)(const DrawKey&, std::uint64_t, std::size_t, std::uint16_t*);
  Versions<DrawBody>::pick<Function>(isa)(key, first, n, out);
}

}  // namespace gradus::engine
