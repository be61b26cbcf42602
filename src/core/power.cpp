#include "gradus/core/power.hpp"

#include <cmath>

namespace gradus {

namespace {

// ln 2 in two parts: a whole number times the first is exact.
constexpr double kLn2High = 0x1.62e42feep-1, kLn2Low = 0x1.a39ef35793c76p-33;

/// A number in two parts: the nearest double, and what that lacks.
struct Pair {
  double high, low;
};

/// a + b, exactly (Knuth).
Pair sum_of(double a, double b) {
  const double sum = a + b, part = sum - a;
  return {sum, (a - (sum - part)) + (b - part)};
}

/// a * b, exactly (Dekker), where nothing overflows: of halves of 26 bits.
Pair product_of(double a, double b) {
  constexpr double kHalf = 0x1p27 + 1;
  const double a_high = kHalf * a - (kHalf * a - a), b_high = kHalf * b - (kHalf * b - b);
  const double a_low = a - a_high, b_low = b - b_high, product = a * b;
  return {product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low};
}

/// ln x = e ln 2 + 2 atanh((m - 1) / (m + 1)), x = m 2^e with m near 1. Within 1e-18 of its value: an error in
/// it is multiplied by y.
Pair logarithm(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);  // exact, as ldexp is
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  const Pair divisor = sum_of(m, 1);
  const double s = (m - 1) / divisor.high;
  const Pair back = product_of(s, divisor.high);
  const double rest = (((m - 1) - back.high) - back.low - s * divisor.low) / divisor.high;
  const double square = s * s;
  double series = 0;
  for (int n = 27; n >= 3; n -= 2) series = (series + 1.0 / n) * square;
  const Pair high = sum_of(exponent * kLn2High, 2 * s);
  return {high.high, high.low + (2 * s * series + 2 * rest + exponent * kLn2Low)};
}

/// e^y = 2^k e^r, |r| at most half of ln 2.
double exponential(Pair y) {
  const double k = std::floor(y.high / (kLn2High + kLn2Low) + 0.5);
  const double r = (y.high - k * kLn2High) + (y.low - k * kLn2Low);
  double series = 1;
  for (int n = 16; n >= 1; --n) series = 1 + series * r / n;
  return std::ldexp(series, static_cast<int>(k));
}

}  // namespace

double power(double x, double y) {
  if (y == 0 || x == 1) return 1;
  const Pair log = logarithm(x);
  if (y * log.high > 800) return HUGE_VAL;
  if (y * log.high < -800) return 0;
  Pair product = product_of(y, log.high);
  product.low += y * log.low;
  return exponential(product);
}

}  // namespace gradus
