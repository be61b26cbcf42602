#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// Duchi, Hazan & Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization",
/// JMLR 12, 2011, Figure 1 with diagonal matrices; eps outside the root, as there (delta) and in PyTorch.
struct AdaGrad {
  Hyper lr = 1e-2, eps = 1e-10, initial_accumulator_value = 0.0;

  static constexpr std::array fields{Field{"lr", &AdaGrad::lr, kNonNegative, "step size"},
                                     Field{"eps", &AdaGrad::eps, kNonNegative, "added to the root"},
                                     Field{"initial_accumulator_value", &AdaGrad::initial_accumulator_value,
                                           kNonNegative, "the sum before the first step"}};
  static constexpr std::array slots{Slot{"sum", Values::non_negative}};
  [[nodiscard]] std::array<double, 1> initial() const { return {initial_accumulator_value}; }

  struct Step {
    Coef eps;
  };
  Step at(Now&) const { return {eps}; }

  template <class V>
  static V denominator(const Step& c, V s) {
    return sqrt(s) + c.eps;
  }
  template <class V>
  static V update(const Step& c, V g, V /*x*/, V& s) {
    s = s + g * g;
    return g / denominator(c, s);
  }

  using precompiled = AdaGrad;
  static constexpr About about{
      .name = "adagrad",
      .title = "AdaGrad: each parameter's rate falls with all its past gradients",
      .source = "Duchi, Hazan & Singer, Adaptive Subgradient Methods, JMLR 12 (2011), Figure 1, diagonal",
      .formula =
          "s = s + g^2\n"
          "x = x - lr * g / (sqrt(s) + eps)",
      .pytorch = "torch.optim.Adagrad: the same; its lr_decay is the schedule InverseTime for lr"};
};

}  // namespace gradus
