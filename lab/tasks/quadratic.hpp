#pragma once

#include <cmath>
#include <cstddef>

#include "lab/tasks/function.hpp"

namespace gradus::lab {

/// x'Hx/2, whose minimum is 0. H has 100 eigenvalues, from 1 down to 1e-4. Its eigenvectors are the axes, turned by an
/// angle in planes that each have a large eigenvalue and a small one: the first and the last, and so on.
class Quadratic final : public Function {
 public:
  static constexpr std::size_t kSize = 100;

  Quadratic(double cosine, double sine, std::uint64_t seed) : cosine_(cosine), sine_(sine), seed_(seed) {}

  /// Uniformly in [-1, 1] each.
  [[nodiscard]] std::vector<double> start() const override {
    Draws draws(seed_);
    std::vector<double> x(kSize);
    for (double& number : x) number = draws.uniform(-1, 1);
    return x;
  }

  double loss_and_gradient(std::span<const double> x, std::span<double> g) override {
    for (std::size_t i = 0, j = kSize - 1; i < j; ++i, --j) {
      const double along = lambda_[i] * (cosine_ * x[i] + sine_ * x[j]);
      const double across = lambda_[j] * (cosine_ * x[j] - sine_ * x[i]);
      g[i] = cosine_ * along - sine_ * across;
      g[j] = sine_ * along + cosine_ * across;
    }
    return value(x);
  }

  [[nodiscard]] Exam examine(std::span<const double> x, Split /*split*/) const override {
    return {value(x), log_gap(value(x))};
  }

 private:
  [[nodiscard]] double value(std::span<const double> x) const {
    double sum = 0;
    for (std::size_t i = 0, j = kSize - 1; i < j; ++i, --j) {
      const double along = cosine_ * x[i] + sine_ * x[j], across = cosine_ * x[j] - sine_ * x[i];
      sum += lambda_[i] * along * along + lambda_[j] * across * across;
    }
    return sum / 2;
  }

  double cosine_, sine_;
  std::uint64_t seed_;
  std::vector<double> lambda_ = log_spaced(1, 1e-4, kSize);
};

}  // namespace gradus::lab
