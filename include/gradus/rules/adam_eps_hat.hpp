#pragma once

#include <cmath>

#include "gradus/core/rule.hpp"

namespace gradus {

/// Adam as Kingma & Ba, ICLR 2015, write it at the end of section 2 (arXiv:1412.6980): the eps that they call
/// eps-hat is added to the root before its bias correction. In Adam it would be eps / sqrt(1 - beta2^t): with
/// the usual beta2, 32 times eps in the first step.
struct AdamEpsHat {
  Hyper lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8;

  static constexpr std::array fields{
      Field{"lr", &AdamEpsHat::lr, kNonNegative, "step size (alpha)"},
      Field{"beta1", &AdamEpsHat::beta1, kDecayRate, "decay rate of the mean of g"},
      Field{"beta2", &AdamEpsHat::beta2, kDecayRate, "decay rate of the mean of g^2"},
      Field{"eps", &AdamEpsHat::eps, kNonNegative, "added to the uncorrected root"}};
  static constexpr std::array slots{Slot{"exp_avg"}, Slot{"exp_avg_sq", Values::non_negative}};
  static constexpr std::array scalars{Scalar{"beta1_product", 1}, Scalar{"beta2_product", 1}};

  struct Step {
    Ema mean, square;
    Coef unbias, unbias_root, eps;
  };
  Step at(Now& now) const {
    const double beta1_t = now.scalars[0] *= beta1;
    const double beta2_t = now.scalars[1] *= beta2;
    return {Ema(beta1), Ema(beta2), 1 / (1 - beta1_t), 1 / std::sqrt(1 - beta2_t), eps};
  }

  template <class V>
  static V denominator(const Step& c, V /*m*/, V v) {
    return c.unbias_root * (sqrt(v) + c.eps);
  }
  template <class V>
  static V update(const Step& c, V g, V /*x*/, V& m, V& v) {
    m = c.mean(m, g);
    v = c.square(v, g * g);
    return c.unbias * m / denominator(c, m, v);
  }

  using precompiled = AdamEpsHat;
  static constexpr About about{
      .name = "adam_eps_hat",
      .title = "Adam with eps added to the root before its bias correction",
      .source =
          "Kingma & Ba, Adam: A Method for Stochastic Optimization, ICLR 2015, the order at the end of "
          "section 2 (arXiv:1412.6980)",
      .formula =
          "m = beta1 * m + (1 - beta1) * g\n"
          "v = beta2 * v + (1 - beta2) * g^2\n"
          "x = x - lr * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + eps)",
      .pytorch =
          "torch.optim.SparseAdam, and TensorFlow's Adam: the same; torch.optim.Adam adds eps to the "
          "corrected root: use adam for it"};
};

}  // namespace gradus
