#include "gradus/core/power.hpp"

#include <cmath>

namespace gradus {

namespace {

// ln 2 in two parts: a whole number times the first is exact.
constexpr double kLn2High = 0x1.62e42feep-1, kLn2Low = 0x1.a39ef35793c76p-33;

/// ln x = e ln 2 + 2 atanh((m - 1) / (m + 1)), x = m 2^e with m near 1.
double logarithm(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);  // exact, as ldexp is
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  const double s = (m - 1) / (m + 1), square = s * s;
  double series = 0;
  for (int n = 27; n >= 3; n -= 2) series = (series + 1.0 / n) * square;
  return exponent * kLn2High + (2 * s + (2 * s * series + exponent * kLn2Low));
}

/// e^y = 2^k e^r, |r| at most half of ln 2.
double exponential(double y) {
  const double k = std::floor(y / (kLn2High + kLn2Low) + 0.5);
  if (k > 1100) return HUGE_VAL;
  if (k < -1100) return 0;
  const double r = (y - k * kLn2High) - k * kLn2Low;
  double series = 1;
  for (int n = 16; n >= 1; --n) series = 1 + series * r / n;
  return std::ldexp(series, static_cast<int>(k));
}

}  // namespace

double power(double x, double y) {
  if (y == 0 || x == 1) return 1;
  return exponential(y * logarithm(x));
}

}  // namespace gradus
