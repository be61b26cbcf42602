// e4m3 and ue5m3.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/codecs/inputs.hpp"

namespace gradus::test {
namespace {

/// The definitions of e4m3 and ue5m3, in double. Values rise with the codes from `lowest` on.
struct SmallFloat {
  int exponents;
  int byte;
  std::vector<double> values;
  std::uint32_t lowest = 0;  // nonzero

  SmallFloat(Dtype dtype, int exponent_byte)
      : exponents(dtype == Dtype::e4m3 ? 16 : 32), byte(exponent_byte) {
    for (int code = 0; code < 8 * exponents; ++code) {
      const int exponent = byte - (exponents - 1) + code / 8;
      const bool zero = code == 0 || exponent <= 0;
      values.push_back(zero ? 0 : std::ldexp(1 + (code % 8) / 8.0, exponent - 127));
      if (zero) lowest = static_cast<std::uint32_t>(code + 1);
    }
  }
  [[nodiscard]] bool is_finite(std::uint32_t code) const {
    return byte - exponents + 1 + static_cast<int>(code / 8) < 255;
  }
};

class SmallFloats : public testing::TestWithParam<Dtype> {
 protected:
  const bool is_signed = has_signs(GetParam());
  /// Around each code, the places between it and the next, and what is far below, of finite elements.
  [[nodiscard]] std::vector<float> inputs(int byte) const {
    std::vector<float> in = {0, float_of(1), float_of(0x007fffff), kSmallestNormal};
    for (int exponent = std::max(0, byte - 36); exponent <= std::min(byte, 254); ++exponent)
      for (std::uint32_t upper = 0; upper < 16; ++upper)
        for (const std::uint32_t lower : {0U, 1U, 0x3ffffU, 0x40000U, 0x7ffffU})
          in.push_back(float_of(static_cast<std::uint32_t>(exponent) << 23 | upper << 19 | lower));
    const std::size_t n = in.size();
    if (is_signed)
      for (std::size_t i = 0; i < n; ++i) in.push_back(-in[i]);
    return in;
  }
};

TEST_P(SmallFloats, every_code_of_every_block_is_what_it_is_defined_to_be_and_encoded_to_itself) {
  for (int byte = 0; byte < 256; ++byte) {
    const SmallFloat definition(GetParam(), byte);
    Kept kept(GetParam(), 256);
    kept.beside[0] = static_cast<std::byte>(byte);
    for (std::uint32_t code = 0; code < 256; ++code) kept.set_code(code, code);
    const std::vector<float> out = decoded(kept);
    const Kept again = encoded(GetParam(), out);
    const auto draws = noise_draws(256);
    ASSERT_EQ(again, encoded(GetParam(), out, draws.data())) << byte;
    ASSERT_EQ(again.beside, kept.beside);
    for (std::uint32_t code = 0; code < 256; ++code) {
      const std::uint32_t magnitude = is_signed ? code & 0x7f : code, sign = code - magnitude;
      ASSERT_EQ(std::signbit(out[code]), sign != 0);
      if (!definition.is_finite(magnitude)) {
        ASSERT_EQ(std::isnan(out[code]), magnitude % 8 != 0);
        ASSERT_EQ(std::isinf(out[code]), magnitude % 8 == 0);
        ASSERT_EQ(again.code(code), magnitude % 8 != 0 ? code - magnitude % 8 + 4 : code);
      } else {
        ASSERT_EQ(std::abs(out[code]), definition.values[magnitude]) << byte << ' ' << code;
        ASSERT_EQ(again.code(code), magnitude < definition.lowest ? sign : code) << byte;
      }
    }
  }
}

TEST_P(SmallFloats, rounds_to_the_nearest_half_up_and_saturates) {
  for (int byte = 1; byte < 256; ++byte) {
    const SmallFloat definition(GetParam(), byte);
    const std::vector<float> in = anchored(float_of(static_cast<std::uint32_t>(byte) << 23), inputs(byte));
    const Kept kept = encoded(GetParam(), in);
    std::vector<double> values = definition.values;
    if (byte == 255) values.resize(values.size() - 8);
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (byte == 255 && is_anchor(i)) continue;
      const double x = std::abs(in[i]);
      const std::uint32_t code = is_signed ? kept.code(i) & 0x7f : kept.code(i);
      if (is_signed) {
        ASSERT_EQ(kept.code(i) >> 7, bits_of(in[i]) >> 31);
      }
      std::size_t expected = 0;
      if (x >= kSmallestNormal) {
        expected =
            static_cast<std::size_t>(std::upper_bound(values.begin(), values.end(), x) - values.begin() - 1);
        if (x < values[definition.lowest]) expected = definition.lowest - 1;
        if (expected + 1 < values.size() && x >= (values[expected] + values[expected + 1]) / 2) ++expected;
        if (expected < definition.lowest) expected = is_signed ? 0 : definition.lowest;
      }
      ASSERT_EQ(code, expected) << byte << ' ' << in[i];
    }
  }
}

TEST_P(SmallFloats, a_draw_chooses_between_the_two_neighbours) {
  for (const std::uint16_t draw : kSomeDraws)
    for (int byte = 1; byte < 255; ++byte) {
      const SmallFloat definition(GetParam(), byte);
      const std::vector<float> in = anchored(float_of(static_cast<std::uint32_t>(byte) << 23), inputs(byte));
      const Kept kept = encoded(GetParam(), in, std::vector(in.size(), draw).data());
      const std::vector<float> out = decoded(kept);
      for (std::size_t i = 0; i < in.size(); ++i) {
        const double x = std::abs(in[i]), y = std::abs(out[i]);
        const std::uint32_t code = is_signed ? kept.code(i) & 0x7f : kept.code(i);
        ASSERT_TRUE(std::isfinite(y));
        if (x < kSmallestNormal) {
          ASSERT_EQ(y, 0);
        } else if (x < definition.values[definition.lowest]) {
          ASSERT_TRUE(code == definition.lowest || (is_signed && code == 0)) << byte << ' ' << x;
        } else {
          ASSERT_GE(code, definition.lowest);
          if (y > x) {
            ASSERT_LT(definition.values[code - 1], x);
          }
          if (y < x && code + 1 < definition.values.size()) {
            ASSERT_GT(definition.values[code + 1], x);
          }
        }
      }
    }
}

INSTANTIATE_TEST_SUITE_P(Codec, SmallFloats, testing::Values(Dtype::e4m3, Dtype::ue5m3),
                         [](const auto& row) { return row.param == Dtype::e4m3 ? "e4m3" : "ue5m3"; });

TEST(Ue5m3, never_makes_zero_of_a_positive_number_and_takes_a_negative_one_for_zero) {
  const auto draws = noise_draws(256);
  for (const float largest : {1e-37F, 1e-10F, 1.0F, kLargestFloat}) {
    std::vector<float> in(256, kSmallestNormal);
    in[0] = largest;
    in[1] = -largest;
    in[2] = -kLargestFloat;
    for (const std::uint16_t* chance : {static_cast<const std::uint16_t*>(nullptr), draws.data()}) {
      const std::vector<float> out = decoded(encoded(Dtype::ue5m3, in, chance));
      for (std::size_t i = 0; i < in.size(); ++i) ASSERT_EQ(out[i] > 0, in[i] > 0) << i;
      EXPECT_NEAR(out[0] / largest, 1, 0.07);
    }
  }
}

TEST(BlockWithInfinity, elements_beside_infinity_and_nan_stay_finite) {
  const std::vector<float> in = {1e30F, kInfinite, kNan, -kNan, kLargestFloat, 0};
  for (const Dtype dtype : {Dtype::e4m3, Dtype::ue5m3}) {
    const std::vector<float> out = decoded(encoded(dtype, in));
    for (const std::size_t nan : {2UL, 3UL}) EXPECT_TRUE(std::isnan(out[nan]));
    EXPECT_NEAR(out[0] / 1e30F, dtype == Dtype::e4m3 ? 0 : 1, 0.07);  // too small beside infinity, or not
    EXPECT_EQ(out[1], kInfinite);
    EXPECT_EQ(out[4], 1.875F * 0x1p127F);
    EXPECT_EQ(out[5], 0);
  }
  EXPECT_EQ(decoded(encoded(Dtype::e4m3, {-kInfinite}))[0], -kInfinite);
  EXPECT_EQ(decoded(encoded(Dtype::ue5m3, {-kInfinite}))[0], 0);
}
}  // namespace
}  // namespace gradus::test
