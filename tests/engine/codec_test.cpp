#include "gradus/engine/codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>

#include "support/gradients.hpp"
#include "support/kept.hpp"

namespace gradus::test {
namespace {

constexpr Dtype kAll[] = {Dtype::f32,   Dtype::f64,     Dtype::bf16,     Dtype::f16,   Dtype::e4m3,
                          Dtype::ue5m3, Dtype::dynamic, Dtype::udynamic, Dtype::halves};
constexpr Dtype kSmall[] = {Dtype::bf16,  Dtype::f16,     Dtype::e4m3,
                            Dtype::ue5m3, Dtype::dynamic, Dtype::udynamic};

constexpr std::uint16_t kSomeDraws[] = {0, 1, 0x7fff, 0x8000, 0xffff};

bool has_signs(Dtype dtype) { return dtype != Dtype::ue5m3 && dtype != Dtype::udynamic; }

std::vector<std::uint16_t> noise_draws(std::size_t n) {
  std::vector<std::uint16_t> draws(n);
  for (std::size_t i = 0; i < n; ++i) draws[i] = static_cast<std::uint16_t>(i * 40503 + 12345);
  return draws;
}

TEST(Dtype, says_what_it_is_called_and_what_it_takes) {
  for (const Dtype dtype : kAll) {
    EXPECT_STRNE(name_of(dtype), "");
    EXPECT_GT(bytes_of(dtype), 0U);
    EXPECT_TRUE(layout_of(dtype).block == 1 || layout_of(dtype).block == engine::kBlock);
    EXPECT_EQ(is_arithmetic(dtype), bytes_of(dtype) > 2);
  }
  EXPECT_EQ(layout_of(Dtype::dynamic), (Layout{1, 4, 256}));
  static_assert(kDtypeOf<bfloat16> == Dtype::bf16 && kDtypeOf<float16> == Dtype::f16);
  static_assert(to_bfloat16(1.0F) == bfloat16{0x3f80} && to_float16(-2.0F) == float16{0xc000});
  static_assert(std::is_trivial_v<bfloat16> && std::is_aggregate_v<float16>);
}

/// Every float with one of these as its lower 12 bits; those that are half way for some codec among them.
template <class F>
void for_many_floats(F f) {
  constexpr std::uint32_t kLower[] = {0, 1, 0x7ff, 0x800, 0x801, 0xfff};
  std::vector<float> some;
  for (std::uint32_t upper = 0; upper < 1 << 20; ++upper) {
    for (const std::uint32_t lower : kLower) some.push_back(float_of(upper << 12 | lower));
    if (some.size() < 6 * 4096) continue;
    f(some);
    some.clear();
  }
}

// ---------------------------------------------------------------------------------------------- plain words

/// Of an IEEE format with as many bits of exponent and mantissa; infinity is 2^(largest exponent + 1).
double value_of_ieee(std::uint32_t magnitude, int exponent_bits, int mantissa_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = static_cast<int>(magnitude >> mantissa_bits);
  const double mantissa = magnitude & ((1U << mantissa_bits) - 1), unit = std::ldexp(1.0, mantissa_bits);
  if (exponent == 0) return std::ldexp(mantissa, 1 - bias - mantissa_bits);
  return std::ldexp(1 + mantissa / unit, exponent - bias);
}

/// The values of the codes 0, 1, … up to that of infinity, which rise.
std::vector<double> ieee_values(int exponent_bits, int mantissa_bits) {
  const std::uint32_t infinity = ((1U << exponent_bits) - 1) << mantissa_bits;
  std::vector<double> values;
  for (std::uint32_t code = 0; code <= infinity; ++code)
    values.push_back(value_of_ieee(code, exponent_bits, mantissa_bits));
  return values;
}

/// The code of the nearest value; of the even code where two are equally near.
std::uint32_t nearest_even(const std::vector<double>& values, double magnitude) {
  if (magnitude >= values.back()) return static_cast<std::uint32_t>(values.size() - 1);
  const auto above = std::upper_bound(values.begin(), values.end(), magnitude);
  const auto code = static_cast<std::uint32_t>(above - values.begin() - 1);
  const double middle = (above[-1] + above[0]) / 2;
  return magnitude > middle || (magnitude == middle && code % 2 == 1) ? code + 1 : code;
}

class SixteenBits : public testing::TestWithParam<Dtype> {
 protected:
  const int exponent_bits = GetParam() == Dtype::bf16 ? 8 : 5, mantissa_bits = 15 - exponent_bits;
  const std::vector<double> values = ieee_values(exponent_bits, mantissa_bits);
  [[nodiscard]] auto infinity() const { return static_cast<std::uint32_t>(values.size() - 1); }
};

TEST_P(SixteenBits, every_code_is_decoded_exactly_and_encoded_to_itself) {
  Kept kept(GetParam(), 65536);
  for (std::uint32_t code = 0; code < 65536; ++code) kept.set_code(code, code);
  const std::vector<float> out = decoded(kept);
  const Kept again = encoded(GetParam(), out);
  for (std::uint32_t code = 0; code < 65536; ++code) {
    const std::uint32_t magnitude = code & 0x7fff;
    ASSERT_EQ(std::signbit(out[code]), code >> 15) << code;
    ASSERT_EQ(std::isnan(out[code]), magnitude > infinity()) << code;
    if (magnitude == infinity()) {
      ASSERT_EQ(std::abs(out[code]), kInfinite);
    }
    if (magnitude < infinity()) {
      ASSERT_EQ(std::abs(out[code]), values[magnitude]) << code;
    }
    const std::uint32_t quiet = magnitude > infinity() ? 1U << (mantissa_bits - 1) : 0;
    ASSERT_EQ(again.code(code), code | quiet);
  }
}

TEST_P(SixteenBits, rounds_to_the_nearest_and_halves_to_even) {
  for_many_floats([&](const std::vector<float>& in) {
    const Kept kept = encoded(GetParam(), in);
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::uint32_t magnitude = kept.code(i) & 0x7fff;
      ASSERT_EQ(kept.code(i) >> 15, bits_of(in[i]) >> 31);
      if (std::isnan(in[i]))
        ASSERT_GT(magnitude, infinity());
      else
        ASSERT_EQ(magnitude, nearest_even(values, std::abs(in[i]))) << in[i];
    }
  });
}

TEST_P(SixteenBits, a_draw_chooses_between_the_two_neighbours) {
  const double beyond = GetParam() == Dtype::bf16 ? static_cast<double>(kInfinite) : 65536;
  for (const std::uint16_t draw : kSomeDraws)
    for_many_floats([&, draws = std::vector<std::uint16_t>(6 * 4096, draw)](const std::vector<float>& in) {
      const Kept kept = encoded(GetParam(), in, draws.data());
      for (std::size_t i = 0; i < in.size(); ++i) {
        const std::uint32_t magnitude = kept.code(i) & 0x7fff;
        const double x = std::abs(in[i]);
        ASSERT_EQ(kept.code(i) >> 15, bits_of(in[i]) >> 31);
        if (std::isnan(x)) {
          ASSERT_GT(magnitude, infinity());
        } else if (x >= beyond) {
          ASSERT_EQ(magnitude, infinity());
        } else {
          ASSERT_LT(magnitude, infinity()) << x;
          if (magnitude + 1 < infinity()) {
            ASSERT_GT(values[magnitude + 1], x);
          }
          if (values[magnitude] > x) {
            ASSERT_LT(values[magnitude - 1], x);
          }
        }
      }
    });
}

INSTANTIATE_TEST_SUITE_P(Codec, SixteenBits, testing::Values(Dtype::bf16, Dtype::f16),
                         [](const auto& row) { return row.param == Dtype::bf16 ? "bf16" : "f16"; });

// ---------------------------------------------------------------------------------------------- two halves

TEST(Halves, bring_back_every_float_and_hold_a_near_bfloat16) {
  for_many_floats([](const std::vector<float>& in) {
    const Kept kept = encoded(Dtype::halves, in);
    const std::vector<float> out = decoded(kept);
    for (std::size_t i = 0; i < in.size(); ++i) {
      const float upper = to_float(bfloat16{static_cast<std::uint16_t>(kept.code(i))});
      if (std::isnan(in[i])) {
        ASSERT_TRUE(std::isnan(out[i]) && std::isnan(upper)) << bits_of(in[i]);
        continue;
      }
      ASSERT_EQ(bits_of(out[i]), bits_of(in[i]));
      const float nearest = to_float(to_bfloat16(in[i]));
      if (std::isfinite(upper) && std::isfinite(nearest))
        ASSERT_EQ(std::abs(upper - in[i]), std::abs(nearest - in[i])) << in[i];
      else
        ASSERT_EQ(upper, nearest);
    }
  });
}

// ---------------------------------------------------------------------------------------------- small floats

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

/// For tests of what is in blocks: `in` cut into blocks that begin with a given largest element.
std::vector<float> anchored(float largest, const std::vector<float>& in) {
  std::vector<float> out;
  for (const float x : in) {
    if (out.size() % engine::kBlock == 0) out.push_back(largest);
    out.push_back(x);
  }
  return out;
}
bool is_anchor(std::size_t i) { return i % engine::kBlock == 0; }

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

// ---------------------------------------------------------------------------------------------- dynamic maps

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

// ---------------------------------------------------------------------------------------------- all of them

TEST(Codec, rounds_by_draws_so_that_their_mean_is_the_number) {
  std::vector<std::uint16_t> all(65536);
  std::iota(all.begin(), all.end(), std::uint16_t{0});
  for (const Dtype dtype : kSmall)
    for (const float x : {0.9F, 0.7654321F, 0.1F, 1e-2F, 0.0123456F, 3.4e-4F, 2e-5F, 5e-6F, 7e-7F, 1e-8F}) {
      const std::vector<float> in = anchored(1, std::vector<float>(65536, x));
      std::vector<std::uint16_t> draws(in.size());
      std::size_t next = 0;
      for (std::size_t i = 0; i < in.size(); ++i) draws[i] = is_anchor(i) ? std::uint16_t{0} : all[next++];
      const std::vector<float> out = decoded(encoded(dtype, in, draws.data()));
      double sum = 0, least = 1, most = 0;
      for (std::size_t i = 0; i < out.size(); ++i) {
        if (is_anchor(i)) continue;
        sum += static_cast<double>(out[i]);
        least = std::min(least, static_cast<double>(out[i]));
        most = std::max(most, static_cast<double>(out[i]));
      }
      if (dtype == Dtype::ue5m3 && x < 1e-9F) continue;  // below its lowest: never zero, so never unbiased
      EXPECT_LE(least, x) << name_of(dtype);
      EXPECT_GE(most, x) << name_of(dtype);
      EXPECT_LE(std::abs(sum / 65536 - static_cast<double>(x)), (most - least) / 65536 * 1.0001)
          << name_of(dtype) << ' ' << x;
    }
}

template <class T>
void expect_the_same_bits(Dtype dtype) {
  for (const std::size_t n : {0UL, 1UL, 255UL, 256UL, 257UL, 511UL, 512UL, 1000UL}) {
    std::vector<T> in = noise_array<T>(n, n);
    if (n > 300) {
      in[3] = static_cast<T>(kLargestFloat);
      in[4] = static_cast<T>(float_of(0x00000123));
      in[299] = static_cast<T>(kInfinite);
      in[298] = static_cast<T>(kNan);
    }
    const auto draws = noise_draws(n);
    for (const std::uint16_t* chance : {static_cast<const std::uint16_t*>(nullptr), draws.data()}) {
      const Kept kept = encoded<T>(dtype, in, chance, Isa::baseline);
      const std::vector<T> out = decoded<T>(kept, Isa::baseline);
      for (const Isa isa : available_isas()) {
        EXPECT_EQ(encoded<T>(dtype, in, chance, isa), kept) << name_of(dtype) << ' ' << n << name_of(isa);
        const std::vector<T> same = decoded<T>(kept, isa);
        for (std::size_t i = 0; i < n; ++i)
          ASSERT_TRUE(same[i] == out[i] || (std::isnan(same[i]) && std::isnan(out[i])))
              << name_of(dtype) << ' ' << name_of(isa) << ' ' << i;
      }
    }
  }
}

TEST(Codec, has_the_same_bits_on_every_instruction_set) {
  for (const Dtype dtype : kAll) {
    expect_the_same_bits<float>(dtype);
    expect_the_same_bits<double>(dtype);
  }
}

TEST(Codec, of_doubles_goes_through_float) {
  const std::vector<double> in = noise_array<double>(11, 511);
  const std::vector<float> narrow(in.begin(), in.end());
  const auto draws = noise_draws(511);
  for (const Dtype dtype : kAll) {
    if (is_arithmetic(dtype) && dtype != Dtype::f32) continue;
    const Kept kept = encoded<double>(dtype, in, draws.data());
    EXPECT_EQ(kept, encoded(dtype, narrow, draws.data())) << name_of(dtype);
    const std::vector<float> out = decoded(kept);
    EXPECT_EQ(decoded<double>(kept), std::vector<double>(out.begin(), out.end())) << name_of(dtype);
  }
}

TEST(Codec, of_what_is_computed_in_loses_nothing) {
  const std::vector<float> in = noise_array<float>(12, 300);
  for (const Dtype dtype : {Dtype::f32, Dtype::f64, Dtype::halves})
    EXPECT_EQ(decoded(encoded(dtype, in)), in);
  const std::vector<double> wide = noise_array<double>(12, 300);
  EXPECT_EQ(decoded<double>(encoded<double>(Dtype::f64, wide)), wide);
}

TEST(Codec, touches_nothing_beyond_its_elements) {
  for (const Dtype dtype : kAll) {
    const Layout layout = layout_of(dtype);
    const engine::Codec codec = engine::codec_for(available_isas().back(), dtype, Dtype::f32);
    for (const std::size_t n : {1UL, 255UL, 257UL, 511UL}) {
      const std::vector<float> in = noise_array<float>(13, n);
      const std::size_t blocks = (n + layout.block - 1) / layout.block;
      std::vector<std::byte> elements(600 * layout.element_bytes, std::byte{0xa5}),
          beside(600 * 4, std::byte{0xa5});
      codec.encode(n, in.data(), nullptr, elements.data(), beside.data());
      for (std::size_t i = n * layout.element_bytes; i < elements.size(); ++i)
        ASSERT_EQ(elements[i], std::byte{0xa5}) << name_of(dtype);
      for (std::size_t i = blocks * layout.beside_bytes; i < beside.size(); ++i)
        ASSERT_EQ(beside[i], std::byte{0xa5}) << name_of(dtype);
      std::vector<float> out(600, 77);
      codec.decode(n, elements.data(), beside.data(), out.data());
      EXPECT_EQ(std::count(out.begin() + static_cast<std::ptrdiff_t>(n), out.end(), 77.0F),
                static_cast<std::ptrdiff_t>(600 - n));
    }
  }
}

}  // namespace
}  // namespace gradus::test
