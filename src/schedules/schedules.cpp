#include "gradus/schedules/schedules.hpp"

#include <string>

#include "gradus/core/error.hpp"

namespace gradus {

namespace {

/// (1 - cos(pi * u)) / 2 for u in [0, 1], by the Taylor series about the middle; error below 1 ulp of 1. Not
/// libm's: its last bit differs between C libraries.
double half_cosine(double u) {
  constexpr double kPi = 3.141592653589793238462643;
  const double a = kPi * (u - 0.5), a2 = a * a;  // (1 - cos(pi u)) / 2 = (1 + sin(a)) / 2, |a| <= pi / 2
  double sum = 0;
  for (int k = 25; k >= 3; k -= 2) sum = (1 - sum) * a2 / (k * (k - 1));  // a (1 - a^2/3! + a^4/5! - ...)
  return (1 + a * (1 - sum)) / 2;
}

double power(double base, std::int64_t exponent) {
  double result = 1;
  for (double square = base; exponent > 0; exponent /= 2, square *= square)
    if (exponent % 2 == 1) result *= square;
  return result;
}

/// How far t is on its way through `steps` steps.
double progress(std::int64_t t, std::int64_t steps) {
  return t >= steps ? 1 : static_cast<double>(t) / static_cast<double>(steps);
}

/// Throws Error, naming the schedule's field, if a number of steps is below what makes sense.
void check_steps(const char* field, std::int64_t steps, std::int64_t least) {
  if (steps < least)
    throw Error(std::string(field) + " is " + std::to_string(steps) + "; it must be at least " +
                std::to_string(least));
}

}  // namespace

double Linear::operator()(std::int64_t t) const {
  check_steps("Linear: steps", steps, 0);
  return t >= steps ? to : from + (to - from) * progress(t, steps);
}

double Cosine::operator()(std::int64_t t) const {
  check_steps("Cosine: steps", steps, 0);
  return t >= steps ? to : from + (to - from) * half_cosine(progress(t, steps));
}

double Staircase::operator()(std::int64_t t) const {
  check_steps("Staircase: every", every, 1);
  return from * power(gamma, t / every);
}

double Exponential::operator()(std::int64_t t) const { return from * power(gamma, t); }

double Joined::operator()(std::int64_t t) const {
  check_steps("Joined: steps", steps, 0);
  if (!first || !second) throw Error("Joined: a schedule is an empty function");
  return t < steps ? first(t) : second(t - steps);
}

}  // namespace gradus
