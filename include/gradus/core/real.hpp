#pragma once

#include <concepts>
#include <limits>

// What a formula may say.
//
// A rule computes with Real<float> or Real<double> and with coefficients of type Coef. These types offer + -
// * / and sqrt, which IEEE 754 rounds correctly everywhere, and selections that round nothing. exp, pow or
// sin do not compile here: their results differ between C libraries, and with them the promise of the same
// bits would go.

namespace gradus {

/// One element of a parameter, a gradient or a slot, while a formula works on it.
template <class T>
struct Real {
  T value;

  friend constexpr Real operator+(Real a, Real b) { return {a.value + b.value}; }
  friend constexpr Real operator-(Real a, Real b) { return {a.value - b.value}; }
  friend constexpr Real operator*(Real a, Real b) { return {a.value * b.value}; }
  friend constexpr Real operator/(Real a, Real b) { return {a.value / b.value}; }
  friend constexpr Real operator-(Real a) { return {-a.value}; }
  friend constexpr bool operator<(Real a, Real b) { return a.value < b.value; }
  friend constexpr bool operator>(Real a, Real b) { return a.value > b.value; }

  friend Real sqrt(Real a) {
    if constexpr (sizeof(T) == sizeof(float))
      return {__builtin_sqrtf(a.value)};
    else
      return {__builtin_sqrt(a.value)};
  }
  friend constexpr Real abs(Real a) {
    if constexpr (sizeof(T) == sizeof(float))
      return {__builtin_fabsf(a.value)};
    else
      return {__builtin_fabs(a.value)};
  }
  /// -1, 0 or 1. Two comparisons and no branch: with a branch GCC does not vectorise the loop around it.
  friend constexpr Real sign(Real a) { return {T(a.value > 0) - T(a.value < 0)}; }
  friend constexpr Real where(bool condition, Real yes, Real no) { return condition ? yes : no; }
  /// The larger one; b where either is NaN, so that a NaN
  /// in the newer operand is not hidden by the older one.
  friend constexpr Real max(Real a, Real b) { return a.value > b.value ? a : b; }
  friend constexpr Real min(Real a, Real b) { return a.value < b.value ? a : b; }

  /// 0 for a denormal number: docs/numerics.md. A selection, which every target makes alike.
  friend constexpr Real flushed(Real a) { return abs(a).value < std::numeric_limits<T>::min() ? Real{0} : a; }
};

/// The same number, in double.
template <class T>
constexpr Real<double> wide(Real<T> a) {
  return {static_cast<double>(a.value)};
}

/// A coefficient of a formula: computed once a step in double, rounded once to the type of the elements.
struct Coef {
  double value = 0;

  constexpr Coef() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): `0.5 * g` and `.eps = eps` shall read like that
  constexpr Coef(std::convertible_to<double> auto v) : value(static_cast<double>(v)) {}

  template <class T>
  constexpr Real<T> as() const {
    return {static_cast<T>(value)};
  }
};

template <class T>
constexpr Real<T> operator+(Coef c, Real<T> a) {
  return c.as<T>() + a;
}
template <class T>
constexpr Real<T> operator+(Real<T> a, Coef c) {
  return a + c.as<T>();
}
template <class T>
constexpr Real<T> operator-(Coef c, Real<T> a) {
  return c.as<T>() - a;
}
template <class T>
constexpr Real<T> operator-(Real<T> a, Coef c) {
  return a - c.as<T>();
}
template <class T>
constexpr Real<T> operator*(Coef c, Real<T> a) {
  return c.as<T>() * a;
}
template <class T>
constexpr Real<T> operator*(Real<T> a, Coef c) {
  return a * c.as<T>();
}
template <class T>
constexpr Real<T> operator/(Coef c, Real<T> a) {
  return c.as<T>() / a;
}
template <class T>
constexpr Real<T> operator/(Real<T> a, Coef c) {
  return a / c.as<T>();
}
// The coefficient comes first: a NaN among the elements stays one.
template <class T>
constexpr Real<T> max(Coef c, Real<T> a) {
  return max(c.as<T>(), a);
}
template <class T>
constexpr Real<T> min(Coef c, Real<T> a) {
  return min(c.as<T>(), a);
}

/// An exponential moving average. 1 - beta is taken in double: 1 - 0.999f is off by 1.3e-5 of its value.
struct Ema {
  Coef keep, take;

  constexpr Ema() = default;
  explicit constexpr Ema(double beta) : keep(beta), take(1 - beta) {}

  template <class V>
  constexpr V operator()(V old, V now) const {
    return keep * old + take * now;
  }
};

}  // namespace gradus
