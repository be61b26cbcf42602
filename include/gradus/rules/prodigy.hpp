#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// Mishchenko & Defazio, "Prodigy: An Expeditiously Adaptive Parameter-Free Learner", ICML 2024, Algorithm 4
/// (arXiv:2306.06101), in the order of the authors' package. It estimates one number d over all parameters,
/// the distance from x0 to a solution; lr is a factor to it, and 1 unless scheduled.
struct Prodigy {
  Hyper lr = 1.0, beta1 = 0.9, beta2 = 0.999, beta3 = -1.0, eps = 1e-8, weight_decay = 0.0, d0 = 1e-6,
        d_coef = 1.0;

  static constexpr std::array fields{
      Field{"lr", &Prodigy::lr, kNonNegative, "factor to the step size that is found (gamma)"},
      Field{"beta1", &Prodigy::beta1, kDecayRate, "decay rate of the mean of g"},
      Field{"beta2", &Prodigy::beta2, kDecayRate, "decay rate of the mean of g^2"},
      Field{"beta3", &Prodigy::beta3, Range{.low = -1, .high = 1, .with_high = false},
            "decay rate of what d is estimated from; below 0: sqrt(beta2)"},
      Field{"eps", &Prodigy::eps, kNonNegative, "added to the root, times d"},
      Field{"weight_decay", &Prodigy::weight_decay, kNonNegative,
            "x shrinks by lr * d * weight_decay a step"},
      Field{"d0", &Prodigy::d0, Range{.low = kSmallest, .high = kLargest}, "first estimate of the distance"},
      Field{"d_coef", &Prodigy::d_coef, kPositive, "factor to the estimates"}};
  static constexpr std::array slots{Slot{"exp_avg"}, Slot{"exp_avg_sq", Values::non_negative}, Slot{"s"},
                                    Slot{"p0", Values::precise}};
  static constexpr std::array shared{Scalar{"d", 0}, Scalar{"d_numerator", 0}};
  static constexpr SharedBy shared_by = SharedBy::optimizer;

  struct Step {
    Coef keep1, take1, keep2, take2, keep3, take3, eps, weight_decay, d;
    Coef keep_p0, take_p0;  // p0 is x at the first step
    double beta3, d0, d_coef, plain_eps;
  };
  Step at(Now& now) const {
    const double least = d0, d = now.shared[0] > least ? now.shared[0] : least;
    const double decay3 = beta3 < 0 ? sqrt(Real<double>{beta2}).value : static_cast<double>(beta3);
    return {.keep1 = beta1,
            .take1 = d * (1 - beta1),
            .keep2 = beta2,
            .take2 = d * d * (1 - beta2),
            .keep3 = decay3,
            .take3 = d / d0 * (d * lr),
            .eps = {},
            .weight_decay = weight_decay,
            .d = d,
            .keep_p0 = now.t == 1 ? 0 : 1,
            .take_p0 = now.t == 1 ? 1 : 0,
            .beta3 = decay3,
            .d0 = d0,
            .d_coef = d_coef,
            .plain_eps = eps};
  }

  static constexpr std::array sums{Over::all, Over::all};
  template <class V>
  static std::array<Real<double>, 2> measure(const Step& c, V g, V x, V /*m*/, V /*v*/, V s, V p0) {
    const V start = c.keep_p0 * p0 + c.take_p0 * x;
    return {Real<double>{c.take3.value} * wide(g) * wide(start - x), wide(abs(c.keep3 * s + c.take3 * g))};
  }
  static void conclude_together(const Step& c, const Findings& f, std::span<double> kept) {
    double &d = kept[0], &numerator = kept[1];
    if (d < c.d0) d = c.d0;
    if (f[1] == 0) return;
    numerator = c.beta3 * numerator + f[0];
    const double estimate = c.d_coef * numerator / f[1];
    if (estimate > d) d = estimate;
  }
  static void conclude(Step& c, const Findings& f) {
    c.eps = f.shared[0] * c.plain_eps;
    if (f[1] == 0) c.d = 0.0;  // nothing is known: nothing moves
  }

  /// m is a mean of d * g.
  template <class V>
  static V denominator(const Step& c, V /*m*/, V v, V /*s*/, V /*p0*/) {
    return (sqrt(v) + c.eps) / c.d / c.d;
  }
  template <class V>
  static V update(const Step& c, V g, V x, V& m, V& v, V& s, V& p0) {
    p0 = c.keep_p0 * p0 + c.take_p0 * x;
    m = c.keep1 * m + c.take1 * g;
    v = c.keep2 * v + c.take2 * (g * g);
    s = c.keep3 * s + c.take3 * g;
    return c.d * (m / (sqrt(v) + c.eps) + c.weight_decay * x);
  }

  using precompiled = Prodigy;
  static constexpr About about{
      .name = "prodigy",
      .title = "Adam that finds its step size from the distance travelled",
      .source =
          "Mishchenko & Defazio, Prodigy: An Expeditiously Adaptive Parameter-Free Learner, ICML 2024, "
          "Algorithm 4 (arXiv:2306.06101)",
      .formula =
          "r = beta3 * r + d / d0 * d * lr * g.(x0 - x)      (over all parameters)\n"
          "s = beta3 * s + d / d0 * d * lr * g\n"
          "m = beta1 * m + (1 - beta1) * d * g\n"
          "v = beta2 * v + (1 - beta2) * d^2 * g^2\n"
          "d' = max(d, d_coef * r / |s|)                     (the 1-norm over all parameters)\n"
          "x = x - lr * d * (m / (sqrt(v) + d' * eps) + weight_decay * x);  d = d'",
      .pytorch = "PyTorch has none; the authors' prodigyopt.Prodigy with its defaults is the same"};
};

}  // namespace gradus
