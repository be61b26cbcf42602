#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// Keskar & Socher, "Improving Generalization Performance by Switching from Adam to SGD", 2017, Algorithm 1
/// (arXiv:1712.07628), for each tensor by itself. As in the implementations in use a tensor switches to a
/// positive rate only (the paper does not say it). After the switch m holds the momentum of SGD and v rests;
/// the rate found, Lambda, goes on in proportion to lr, should that be scheduled.
struct SWATS {
  Hyper lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-9;

  static constexpr std::array fields{
      Field{"lr", &SWATS::lr, kNonNegative, "step size of Adam (alpha)"},
      Field{"beta1", &SWATS::beta1, kDecayRate, "decay rate of the mean of g; SGD's momentum"},
      Field{"beta2", &SWATS::beta2, kDecayRate, "decay rate of the mean of g^2, and of the mean of rates"},
      Field{"eps", &SWATS::eps, kNonNegative, "added to the root; how near rate and mean must be to switch"}};
  static constexpr std::array slots{Slot{"exp_avg"}, Slot{"exp_avg_sq", Values::non_negative}};
  /// sgd_rate is Lambda / lr, and 0 before the switch.
  static constexpr std::array scalars{Scalar{"beta1_product", 1}, Scalar{"beta2_product", 1},
                                      Scalar{"lambda", 0}, Scalar{"sgd_rate", 0}, Scalar{"sgd_steps", 0}};

  struct Step {
    Coef keep, take;                // m = keep * m + take * g
    Coef keep_square, take_square;  // v likewise
    Coef scale, root, eps;          // u = scale * m / (root * sqrt(v) + eps); for SGD that is scale * m
    double lr, beta2, beta2_t, tolerance;
    bool sgd, first;
  };
  Step at(Now& now) const {
    const double beta1_t = now.scalars[0] *= beta1;
    const double beta2_t = now.scalars[1] *= beta2;
    const double rate = now.scalars[3];
    const bool sgd = rate > 0, first_of_sgd = sgd && now.scalars[4] == 0;
    if (sgd) now.scalars[4] += 1;
    return {.keep = first_of_sgd ? 0 : static_cast<double>(beta1),
            .take = sgd ? 1 : 1 - beta1,
            .keep_square = sgd ? 1 : static_cast<double>(beta2),
            .take_square = sgd ? 0 : 1 - beta2,
            .scale = sgd ? (1 - beta1) * rate : sqrt(Real<double>{1 - beta2_t}).value / (1 - beta1_t),
            .root = sgd ? 0 : 1,
            .eps = sgd ? 1 : static_cast<double>(eps),
            .lr = lr,
            .beta2 = beta2,
            .beta2_t = beta2_t,
            .tolerance = eps,
            .sgd = sgd,
            .first = now.t == 1};
  }

  /// With p = -lr * u: what p . p and p . g are made of.
  static constexpr std::array sums{Over::tensor, Over::tensor};
  template <class V>
  static std::array<Real<double>, 2> measure(const Step& c, V g, V x, V m, V v) {
    const Real<double> u = wide(update(c, g, x, m, v));
    return {u * u, u * wide(g)};
  }
  static void conclude(Step& c, const Findings& f) {
    if (c.sgd || !(c.lr > 0) || f[1] == 0) return;
    const double gamma = c.lr * f[0] / f[1];
    double& lambda = f.scalars[2];
    lambda = c.beta2 * lambda + (1 - c.beta2) * gamma;
    const double corrected = lambda / (1 - c.beta2_t);
    const double distance = corrected > gamma ? corrected - gamma : gamma - corrected;
    if (!c.first && distance < c.tolerance && corrected > 0) f.scalars[3] = corrected / c.lr;
  }

  template <class V>
  static V denominator(const Step& c, V /*m*/, V v) {
    return (c.root * sqrt(v) + c.eps) / c.scale;
  }
  template <class V>
  static V update(const Step& c, V g, V /*x*/, V& m, V& v) {
    m = c.keep * m + c.take * g;
    v = c.keep_square * v + c.take_square * (g * g);
    return c.scale * m / (c.root * sqrt(v) + c.eps);
  }

  using precompiled = SWATS;
  static constexpr About about{
      .name = "swats",
      .title = "Adam that switches to SGD with momentum, at a rate that it finds",
      .source =
          "Keskar & Socher, Improving Generalization Performance by Switching from Adam to SGD, 2017, "
          "Algorithm 1 (arXiv:1712.07628)",
      .formula =
          "m = beta1 * m + (1 - beta1) * g\n"
          "v = beta2 * v + (1 - beta2) * g^2\n"
          "p = -lr * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + eps);  x = x + p\n"
          "gamma = p.p / -p.g;  lambda = beta2 * lambda + (1 - beta2) * gamma;  Lambda = lambda / (1 - "
          "beta2^t)\n"
          "once |Lambda - gamma| < eps after the first step (and Lambda > 0), with m = 0:\n"
          "m = beta1 * m + g;  x = x - (1 - beta1) * Lambda * m",
      .pytorch = "PyTorch has none"};
};

}  // namespace gradus
