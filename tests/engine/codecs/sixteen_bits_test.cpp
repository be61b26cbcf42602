// bfloat16, float16, and a float32 in two halves.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/codecs/inputs.hpp"

namespace gradus::test {
namespace {

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
}  // namespace
}  // namespace gradus::test
