#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "engine/codecs/inputs.hpp"
#include "support/gradients.hpp"

namespace gradus::test {
namespace {

class DynamicMaps : public testing::TestWithParam<Dtype> {
 protected:
  const bool is_signed = has_signs(GetParam());
  /// What the codes mean times `largest`.
  [[nodiscard]] std::vector<float> map(float largest = 1) const {
    Kept kept(GetParam(), 256);
    for (std::size_t b = 0; b < 4; ++b) kept.beside[b] = static_cast<std::byte>(bits_of(largest) >> (8 * b));
    for (std::uint32_t code = 0; code < 256; ++code) kept.set_code(code, code);
    return decoded(kept);
  }
  [[nodiscard]] std::vector<float> inputs(const std::vector<float>& map) const {
    std::vector<float> in = {0.0F, -0.0F};
    for (std::size_t c = 0; c < 256; ++c) {
      const float middle = c == 255 ? 1 : (map[c] + map[c + 1]) / 2;
      for (const float x : {map[c], middle})
        for (const float y : {std::nextafter(x, -2.0F), x, std::nextafter(x, 2.0F)})
          if (std::abs(y) <= 1) in.push_back(y);
    }
    for (std::uint32_t upper = 0x32000000 >> 12; upper <= 0x3f800000 >> 12; ++upper)
      for (const float x : {float_of(upper << 12), -float_of(upper << 12)}) in.push_back(x);
    return in;
  }
};

TEST_P(DynamicMaps, every_code_is_encoded_to_itself_and_the_map_rises) {
  const auto draws = noise_draws(256);
  for (const float largest : {kSmallestNormal * 0x1p24F, 1e-10F, 1.0F, 3.0F, kLargestFloat}) {
    const std::vector<float> values = map(largest);
    EXPECT_EQ(values[255], largest);
    for (std::size_t c = 1; c < 256; ++c) ASSERT_LT(values[c - 1], values[c]);
    const Kept kept = encoded(GetParam(), values);
    for (std::uint32_t code = 0; code < 256; ++code) ASSERT_EQ(kept.code(code), code);
    EXPECT_EQ(map(1), decoded(encoded(GetParam(), map(1), draws.data())));
  }
}

TEST_P(DynamicMaps, is_that_of_bitsandbytes) {
  std::ifstream golden(GOLDEN_DIR "/dynamic_map.txt");
  for (const float value : map()) {
    float with_signs = kNan, without = kNan;
    golden >> with_signs >> without;
    ASSERT_EQ(value, is_signed ? with_signs : without);
  }
}

TEST_P(DynamicMaps, rounds_to_the_nearest) {
  const std::vector<float> values = map(), in = anchored(1, inputs(values));
  const Kept kept = encoded(GetParam(), in);
  for (std::size_t i = 0; i < in.size(); ++i) {
    const float x = is_signed ? in[i] : std::max(in[i], 0.0F);
    std::uint32_t expected = 0;
    while (expected < 255 && x >= (values[expected] + values[expected + 1]) / 2) ++expected;
    if (!is_signed && x >= kSmallestNormal) expected = std::max(expected, 1U);
    ASSERT_EQ(kept.code(i), expected) << x;
  }
}

TEST_P(DynamicMaps, a_draw_chooses_between_the_two_neighbours) {
  const std::vector<float> values = map(), in = anchored(1, inputs(values));
  for (const std::uint16_t draw : kSomeDraws) {
    const Kept kept = encoded(GetParam(), in, std::vector(in.size(), draw).data());
    for (std::size_t i = 0; i < in.size(); ++i) {
      const float x = is_signed ? in[i] : std::max(in[i], 0.0F);
      const std::uint32_t code = kept.code(i);
      if (!is_signed) {
        ASSERT_EQ(code > 0, x >= kSmallestNormal) << x;
      }
      if (values[code] > x && code > 0) {
        ASSERT_LT(values[code - 1], x);
      }
      if (values[code] < x) {
        ASSERT_GT(values[code + 1], x);
      }
    }
  }
}

TEST_P(DynamicMaps, zero_comes_back_as_zero_and_a_block_of_zeros_too) {
  const auto draws = noise_draws(512);
  std::vector<float> in(512, 0.0F);
  in[0] = 2;
  in[256] = float_of(1);  // denormal
  const std::vector<float> out = decoded(encoded(GetParam(), in, draws.data()));
  EXPECT_EQ(out[0], 2);
  for (std::size_t i = 1; i < 512; ++i) ASSERT_EQ(out[i], 0) << i;
}

TEST_P(DynamicMaps, elements_beside_infinity_and_nan_survive) {
  std::vector<float> in = noise_array<float>(3, 511);
  if (!is_signed)
    for (float& x : in) x = std::abs(x);
  const float largest = *std::max_element(in.begin(), in.end());
  in[7] = kInfinite;
  in[8] = kNan;
  in[9] = -kInfinite;
  in[300] = -kNan;
  const std::vector<float> out = decoded(encoded(GetParam(), in));
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (i == 9 && !is_signed)
      ASSERT_EQ(out[i], 0);
    else if (std::isnan(in[i]))
      ASSERT_TRUE(std::isnan(out[i]));
    else if (std::isinf(in[i]))
      ASSERT_EQ(out[i], in[i]);
    else
      ASSERT_NEAR(out[i], in[i], 0.022 * largest) << i;
  }
  const std::vector<float> alone = decoded(encoded(GetParam(), std::vector<float>{kInfinite, 0, kNan}));
  EXPECT_EQ(alone[0], kInfinite);
  EXPECT_EQ(alone[1], 0);
  EXPECT_TRUE(std::isnan(alone[2]));
}

INSTANTIATE_TEST_SUITE_P(Codec, DynamicMaps, testing::Values(Dtype::dynamic, Dtype::udynamic),
                         [](const auto& row) {
                           return row.param == Dtype::dynamic ? "with_signs" : "without";
                         });
// One divides by the root of what it is for: an element beside one that was a million times larger moved by
// m / eps.
TEST(UnsignedDynamicMap, never_makes_zero_of_a_positive_number_and_takes_a_negative_one_for_zero) {
  const auto draws = noise_draws(256);
  for (const float largest : {1e-37F, 1e-10F, 1.0F, kLargestFloat, kInfinite}) {
    std::vector<float> in(256, kSmallestNormal);
    in[0] = largest;
    in[1] = -kLargestFloat / 2;
    in[2] = 0;
    for (const std::uint16_t* chance : {static_cast<const std::uint16_t*>(nullptr), draws.data()}) {
      const std::vector<float> out = decoded(encoded(Dtype::udynamic, in, chance));
      EXPECT_EQ(out[0], largest);
      for (std::size_t i = 0; i < in.size(); ++i) ASSERT_EQ(out[i] > 0, in[i] > 0) << largest << ' ' << i;
    }
  }
}

}  // namespace
}  // namespace gradus::test
