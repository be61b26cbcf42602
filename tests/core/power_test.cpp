#include "gradus/core/power.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace gradus::test {
namespace {

constexpr double kBases[] = {1e-300,
                             1e-30,
                             1e-8,
                             0.001,
                             0.1,
                             0.25,
                             0.5,
                             0.7071067811865475,
                             0.70710678118654757,
                             0.9,
                             0.99,
                             0.999999,
                             1 - 0x1p-53,
                             1 + 0x1p-52,
                             1.000001,
                             1.1,
                             1.4142135623730951,
                             2,
                             2.718281828,
                             3,
                             7,
                             10,
                             1000,
                             12345.678,
                             1e6,
                             1e15,
                             1e30,
                             1e300};
constexpr double kExponents[] = {-30,  -10, -3.7,    -2,  -1,   -0.8, -0.5,  -1e-3, -1e-9, 1e-12,
                                 1e-3, 0.1, 1.0 / 3, 0.5, 0.75, 0.8,  0.999, 1,     1.5,   2,
                                 2.5,  3,   7.25,    10,  29,   100,  1e4,   1e6};

TEST(Power, is_within_its_promise_of_the_value) {
  for (const double x : kBases)
    for (const double y : kExponents) {
      const long double exact = powl(static_cast<long double>(x), static_cast<long double>(y));
      if (!(exact > 1e-30L && exact < 1e30L)) continue;
      const auto error = static_cast<double>(fabsl(power(x, y) - exact) / exact);
      EXPECT_LT(error, 1e-15) << x << '^' << y;
    }
}

TEST(Power, of_one_and_to_the_zeroth_is_one) {
  for (const double x : kBases) EXPECT_EQ(power(x, 0), 1) << x;
  for (const double y : kExponents) EXPECT_EQ(power(1, y), 1) << y;
}

TEST(Power, leaves_the_range_of_doubles_by_zero_and_infinity) {
  EXPECT_EQ(power(10, 400), HUGE_VAL);
  EXPECT_EQ(power(10, -400), 0);
  EXPECT_EQ(power(1e-300, 1e6), 0);
  EXPECT_EQ(power(1e300, 1e300), HUGE_VAL);
  EXPECT_EQ(power(2, -1060), 0x1p-1060);
  EXPECT_EQ(power(std::numeric_limits<double>::denorm_min(), 1), std::numeric_limits<double>::denorm_min());
}

}  // namespace
}  // namespace gradus::test
