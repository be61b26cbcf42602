#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// RMSProp as textbooks and optax have it: eps inside the root, g / sqrt(v + eps).
struct RMSPropEpsInRoot {
  Hyper lr = 1e-2, alpha = 0.9, eps = 1e-8;

  static constexpr std::array fields{
      Field{"lr", &RMSPropEpsInRoot::lr, kNonNegative, "step size"},
      Field{"alpha", &RMSPropEpsInRoot::alpha, kDecayRate, "decay rate of the mean of g^2"},
      Field{"eps", &RMSPropEpsInRoot::eps, kNonNegative, "added below the root"}};
  static constexpr std::array slots{Slot{"square_avg", Values::non_negative}};

  struct Step {
    Ema square;
    Coef eps;
  };
  Step at(Now&) const { return {Ema(alpha), eps}; }

  template <class V>
  static V denominator(const Step& c, V v) {
    return sqrt(v + c.eps);
  }
  template <class V>
  static V update(const Step& c, V g, V /*x*/, V& v) {
    v = c.square(v, g * g);
    return g / denominator(c, v);
  }

  using precompiled = RMSPropEpsInRoot;
  static constexpr About about{
      .name = "rmsprop_eps_in_root",
      .title = "RMSProp with eps inside the root",
      .source = "the textbook form of Tieleman & Hinton, Lecture 6.5, 2012; optax.rmsprop",
      .formula =
          "v = alpha * v + (1 - alpha) * g^2\n"
          "x = x - lr * g / sqrt(v + eps)",
      .pytorch = "torch.optim.RMSprop has eps outside the root: use rmsprop for it"};
};

}  // namespace gradus
