#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// Tieleman & Hinton, "Lecture 6.5: rmsprop", Coursera: Neural Networks for Machine Learning, 2012, slide 29;
/// eps outside the root, as in PyTorch.
struct RMSProp {
  Hyper lr = 1e-2, alpha = 0.99, eps = 1e-8;

  static constexpr std::array fields{
      Field{"lr", &RMSProp::lr, kNonNegative, "step size"},
      Field{"alpha", &RMSProp::alpha, kDecayRate, "decay rate of the mean of g^2"},
      Field{"eps", &RMSProp::eps, kNonNegative, "added to the root"}};
  static constexpr std::array slots{Slot{"square_avg", Values::non_negative}};

  struct Step {
    Ema square;
    Coef eps;
  };
  Step at(Now&) const { return {Ema(alpha), eps}; }

  template <class V>
  static V denominator(const Step& c, V v) {
    return sqrt(v) + c.eps;
  }
  template <class V>
  static V update(const Step& c, V g, V /*x*/, V& v) {
    v = c.square(v, g * g);
    return g / denominator(c, v);
  }

  using precompiled = RMSProp;
  static constexpr About about{
      .name = "rmsprop",
      .title = "RMSProp: each gradient over the root of its recent mean square",
      .source = "Tieleman & Hinton, Lecture 6.5: rmsprop, Neural Networks for Machine Learning, 2012",
      .formula =
          "v = alpha * v + (1 - alpha) * g^2\n"
          "x = x - lr * g / (sqrt(v) + eps)",
      .pytorch = "torch.optim.RMSprop: the same"};
};

}  // namespace gradus
