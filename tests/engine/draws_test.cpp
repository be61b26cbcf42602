#include "gradus/engine/draws.hpp"

#include <Random123/philox.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "engine/philox.hpp"

namespace gradus::test {
namespace {

using engine::DrawKey;

template <int rounds>
void expect_philox() {
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const std::uint32_t a = i * 2654435761, b = ~a * 40503;
    const auto expected = r123::Philox4x32_R<rounds>()({{a, b, i, ~i}}, {{b ^ 7, a ^ 9}});
    const auto words = engine::philox_block<rounds>({a, b, i, ~i}, {b ^ 7, a ^ 9});
    for (std::size_t w = 0; w < 4; ++w) ASSERT_EQ(words[w], expected[w]);
  }
}

TEST(Philox, is_that_of_its_authors) {
  expect_philox<7>();
  expect_philox<10>();
}

std::vector<std::uint16_t> drawn(const DrawKey& key, std::uint64_t first, std::size_t n,
                                 Isa isa = available_isas().back()) {
  std::vector<std::uint16_t> out((n + 127) / 128 * 128);
  engine::draw(isa, key, first, n, out.data());
  out.resize(n);
  return out;
}

/// The definition, element by element.
std::uint16_t plain_draw(const DrawKey& key, std::uint64_t element) {
  const std::uint64_t group = element / 128, e = element % 128, block = group * 16 + (e % 32) / 2;
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto words = r123::Philox4x32_R<7>()(
      {{low(block), low(block >> 32) ^ (key.array << 16), key.parameter, low(key.step)}},
      {{low(key.seed), low(key.seed >> 32) ^ low(key.step >> 32)}});
  return static_cast<std::uint16_t>(words[e / 32] >> (16 * (e % 2)));
}

TEST(Draws, depend_on_key_and_element_alone) {
  const DrawKey key{.seed = 0x123456789abcdef0, .step = 0x500000007, .parameter = 3, .array = 2};
  for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{128}, std::uint64_t{8192},
                                    std::uint64_t{1} << 35, (std::uint64_t{1} << 51) - 512})
    for (const std::size_t n : {1UL, 127UL, 128UL, 129UL, 512UL})
      for (const Isa isa : available_isas()) {
        const auto draws = drawn(key, first, n, isa);
        for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(draws[i], plain_draw(key, first + i)) << first + i;
      }
}

TEST(Draws, of_other_keys_are_others) {
  std::set<std::vector<std::uint16_t>> all;
  const std::uint64_t far = std::uint64_t{1} << 33;
  std::size_t count = 0;
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, far})
    for (const std::uint64_t step : {0UL, 1UL, 2UL})
      for (const std::uint32_t parameter : {0U, 1U, 65536U})
        for (const std::uint32_t array : {0U, 1U, 2U})
          for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{128}, far, far << 4}) {
            all.insert(drawn({seed, step, parameter, array}, first, 16));
            ++count;
          }
  EXPECT_EQ(all.size(), count);
}

TEST(Draws, are_spread_evenly) {
  std::vector<int> ones(16, 0);
  double sum = 0;
  const std::size_t n = 1 << 20;
  for (const std::uint16_t draw : drawn({.seed = 1}, 0, n)) {
    sum += draw;
    for (std::size_t b = 0; b < 16; ++b) ones[b] += draw >> b & 1;
  }
  EXPECT_NEAR(sum / n, 32767.5, 5 * 18918 / 1024.0);  // five standard deviations of the mean
  for (const int count : ones) EXPECT_NEAR(count, n / 2, 5 * 512);
}

}  // namespace
}  // namespace gradus::test
