#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// Graves, "Generating Sequences With Recurrent Neural Networks", 2013, equations (38) to (40)
/// (arXiv:1308.0850): the mean square about the mean, that is the variance. Rounding may leave v - a^2 below
/// 0, where the root would be NaN (in PyTorch it is): here it counts as 0.
struct RMSPropCentered {
  Hyper lr = 1e-2, alpha = 0.99, eps = 1e-8;

  static constexpr std::array fields{
      Field{"lr", &RMSPropCentered::lr, kNonNegative, "step size"},
      Field{"alpha", &RMSPropCentered::alpha, kDecayRate, "decay rate of both means"},
      Field{"eps", &RMSPropCentered::eps, kNonNegative, "added to the root"}};
  static constexpr std::array slots{Slot{"square_avg", Values::precise}, Slot{"grad_avg", Values::precise}};

  struct Step {
    Ema mean;
    Coef eps;
  };
  Step at(Now&) const { return {Ema(alpha), eps}; }

  template <class V>
  static V denominator(const Step& c, V v, V a) {
    return sqrt(max(0.0, v - a * a)) + c.eps;
  }
  template <class V>
  static V update(const Step& c, V g, V /*x*/, V& v, V& a) {
    v = c.mean(v, g * g);
    a = c.mean(a, g);
    return g / denominator(c, v, a);
  }

  using precompiled = RMSPropCentered;
  static constexpr About about{
      .name = "rmsprop_centered",
      .title = "RMSProp by the variance of the gradients",
      .source =
          "Graves, Generating Sequences With Recurrent Neural Networks, 2013, (38)-(40) (arXiv:1308.0850)",
      .formula =
          "v = alpha * v + (1 - alpha) * g^2\n"
          "a = alpha * a + (1 - alpha) * g\n"
          "x = x - lr * g / (sqrt(max(v - a^2, 0)) + eps)",
      .pytorch = "torch.optim.RMSprop(centered=True): the same, but NaN where rounding leaves v < a^2"};
};

}  // namespace gradus
