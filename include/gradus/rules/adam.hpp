#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, Algorithm 1 (arXiv:1412.6980).
/// 1 / (1 - beta^t) comes from a running product, so that it is right for a scheduled beta too.
struct Adam {
  Hyper lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8;

  static constexpr std::array fields{
      Field{"lr", &Adam::lr, kNonNegative, "step size (alpha)"},
      Field{"beta1", &Adam::beta1, kDecayRate, "decay rate of the mean of g"},
      Field{"beta2", &Adam::beta2, kDecayRate, "decay rate of the mean of g^2"},
      Field{"eps", &Adam::eps, kNonNegative, "added to the root"}};
  static constexpr std::array slots{Slot{"exp_avg"}, Slot{"exp_avg_sq", Values::non_negative}};
  static constexpr std::array scalars{Scalar{"beta1_product", 1}, Scalar{"beta2_product", 1}};

  struct Step {
    Ema mean, square;
    Coef unbias1, unbias2, eps;
  };
  Step at(Now& now) const {
    const double beta1_t = now.scalars[0] *= beta1;
    const double beta2_t = now.scalars[1] *= beta2;
    return {Ema(beta1), Ema(beta2), 1 / (1 - beta1_t), 1 / (1 - beta2_t), eps};
  }

  template <class V>
  static V denominator(const Step& c, V /*m*/, V v) {
    return sqrt(c.unbias2 * v) + c.eps;
  }
  template <class V>
  static V update(const Step& c, V g, V /*x*/, V& m, V& v) {
    m = c.mean(m, g);
    v = c.square(v, g * g);
    return c.unbias1 * m / denominator(c, m, v);
  }

  using precompiled = Adam;
  static constexpr About about{
      .name = "adam",
      .title = "Adam: momentum, and a rate from the mean square of the gradients",
      .source =
          "Kingma & Ba, Adam: A Method for Stochastic Optimization, ICLR 2015, Algorithm 1 (arXiv:1412.6980)",
      .formula =
          "m = beta1 * m + (1 - beta1) * g\n"
          "v = beta2 * v + (1 - beta2) * g^2\n"
          "x = x - lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)",
      .pytorch = "torch.optim.Adam: the same; its weight_decay is WeightDecay{...} >> Adam{...}"};
};

}  // namespace gradus
