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
    const auto pairs = engine::philox_pairs<rounds>({a, b, i, ~i}, {b ^ 7, a ^ 9});
    for (std::size_t w = 0; w < 4; ++w)
      ASSERT_EQ(static_cast<std::uint32_t>(pairs[w / 2] >> (32 * (w % 2))), expected[w]);
  }
}

TEST(Philox, is_that_of_its_authors) {
  expect_philox<7>();
  expect_philox<10>();
}

std::vector<std::uint16_t> drawn(const DrawKey& key, std::uint64_t first, std::size_t n,
                                 Isa isa = available_isas().back()) {
  std::vector<std::uint16_t> out((n + 511) / 512 * 512);
  engine::draw(isa, key, first, n, out.data());
  out.resize(n);
  return out;
}

/// a b in the field of 2^16 elements.
std::uint16_t product(std::uint32_t a, std::uint32_t b) {
  std::uint32_t sum = 0;
  for (; b != 0; b >>= 1) {
    if (b % 2 == 1) sum ^= a;
    a = a << 1 ^ (a >> 15 == 1 ? 0x1100b : 0);
  }
  return static_cast<std::uint16_t>(sum);
}

/// No element but 0 divides 0: so a j + b and a k + b, for any two j and k, are as independent as a and b.
TEST(Draws, are_of_a_field) {
  std::uint16_t power = 1;
  std::size_t order = 0;
  do {
    power = product(power, 2);
    ++order;
  } while (power != 1);
  EXPECT_EQ(order, 65535U);
}

/// The definition, element by element.
std::uint16_t plain_draw(const DrawKey& key, std::uint64_t element) {
  const std::uint64_t group = element / 512, j = element % 512 / 32, line = element % 32;
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const std::uint64_t block = group * 8 + line / 4;
  const auto words = r123::Philox4x32_R<7>()(
      {{low(block), low(block >> 32) ^ (key.array << 16), key.parameter, low(key.step)}},
      {{low(key.seed), low(key.seed >> 32) ^ low(key.step >> 32)}});
  const auto half = [&](std::size_t number) { return words[number / 2] >> (16 * (number % 2)) & 0xffff; };
  return static_cast<std::uint16_t>(half(line % 4) ^ product(half(4 + line % 4), low(j)));
}

TEST(Draws, depend_on_key_and_element_alone) {
  const DrawKey key{.seed = 0x123456789abcdef0, .step = 0x500000007, .parameter = 3, .array = 2};
  for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{512}, std::uint64_t{8192},
                                    std::uint64_t{1} << 38, (std::uint64_t{1} << 54) - 2048})
    for (const std::size_t n : {1UL, 511UL, 512UL, 513UL, 2048UL})
      for (const Isa isa : available_isas()) {
        const auto draws = drawn(key, first, n, isa);
        for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(draws[i], plain_draw(key, first + i)) << first + i;
      }
}

TEST(Draws, of_other_keys_are_others) {
  std::set<std::vector<std::uint16_t>> all;
  const std::uint64_t far = std::uint64_t{1} << 38;
  std::size_t count = 0;
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, far})
    for (const std::uint64_t step : {0UL, 1UL, 2UL})
      for (const std::uint32_t parameter : {0U, 1U, 65536U})
        for (const std::uint32_t array : {0U, 1U, 2U})
          for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{512}, far, far << 4}) {
            all.insert(drawn({seed, step, parameter, array}, first, 16));
            ++count;
          }
  EXPECT_EQ(all.size(), count);
}

/// Of two draws in a line, which share their random words.
TEST(Draws, of_a_line_go_together_as_often_as_independent_ones) {
  const std::size_t groups = 4096;
  const auto draws = drawn({.seed = 2}, 0, groups * 512);
  for (const std::size_t apart : {1UL, 2UL, 8UL, 15UL}) {
    std::vector<int> counts(256, 0);  // by the upper four bits of both
    for (std::size_t group = 0; group < groups; ++group)
      for (std::size_t l = 0; l < 32; ++l) {
        const std::uint16_t* const line = draws.data() + group * 512 + l;
        ++counts[static_cast<std::size_t>(line[0] >> 12 << 4 | line[32 * apart] >> 12)];
      }
    double chi_squared = 0;
    for (const int count : counts) chi_squared += (count - 512) * (count - 512) / 512.0;
    EXPECT_NEAR(chi_squared, 255, 5 * 22.6) << apart;  // five standard deviations
  }
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
