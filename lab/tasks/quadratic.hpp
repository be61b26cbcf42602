#pragma once

#include <cmath>
#include <cstddef>
#include <utility>

#include "lab/tasks/function.hpp"

namespace gradus::lab {

/// (x - 1)'H(x - 1)/2, whose minimum is 0, and not where weight decay goes. H has 100 eigenvalues, from 1 down to
/// 1e-4. Its eigenvectors are the axes, turned by an angle in planes that each have a large eigenvalue and a small one:
/// the first and the last, and so on.
class Quadratic final : public Function {
 public:
  static constexpr std::size_t kSize = 100;

  Quadratic(double cosine, double sine, std::uint64_t seed) : cosine_(cosine), sine_(sine), seed_(seed) {}

  /// Uniformly within 1 of the minimum, each.
  [[nodiscard]] std::vector<double> start() const override {
    Draws draws(seed_);
    std::vector<double> x(kSize);
    for (double& number : x) number = kMinimum + draws.uniform(-1, 1);
    return x;
  }

  double loss_and_gradient(std::span<const double> x, std::span<double> g) override {
    for (std::size_t i = 0, j = kSize - 1; i < j; ++i, --j) {
      const auto [a, b] = in_eigenvectors(x[i], x[j]);
      const double along = lambda_[i] * a, across = lambda_[j] * b;
      g[i] = cosine_ * along - sine_ * across;
      g[j] = sine_ * along + cosine_ * across;
    }
    return value(x);
  }

  [[nodiscard]] Exam examine(std::span<const double> x, Split /*split*/) const override {
    return {value(x), log_gap(value(x))};
  }

 private:
  static constexpr double kMinimum = 1;  // each number's

  /// How far a plane's two numbers are from the minimum, along either eigenvector.
  [[nodiscard]] std::pair<double, double> in_eigenvectors(double x, double y) const {
    x -= kMinimum;
    y -= kMinimum;
    return {cosine_ * x + sine_ * y, cosine_ * y - sine_ * x};
  }

  [[nodiscard]] double value(std::span<const double> x) const {
    double sum = 0;
    for (std::size_t i = 0, j = kSize - 1; i < j; ++i, --j) {
      const auto [along, across] = in_eigenvectors(x[i], x[j]);
      sum += lambda_[i] * along * along + lambda_[j] * across * across;
    }
    return sum / 2;
  }

  double cosine_, sine_;
  std::uint64_t seed_;
  std::vector<double> lambda_ = log_spaced(1, 1e-4, kSize);
};

}  // namespace gradus::lab
