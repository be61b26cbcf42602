#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// AdaGrad as textbooks and optax have it: eps inside the root, r / sqrt(s + eps).
struct AdaGradEpsInRoot {
  Hyper lr = 1e-2, eps = 1e-7, initial_accumulator_value = 0.0;

  static constexpr std::array fields{
      Field{"lr", &AdaGradEpsInRoot::lr, kNonNegative, "step size"},
      Field{"eps", &AdaGradEpsInRoot::eps, kNonNegative, "added below the root"},
      Field{"initial_accumulator_value", &AdaGradEpsInRoot::initial_accumulator_value, kNonNegative,
            "the sum before the first step"}};
  static constexpr std::array slots{Slot{"sum", Values::non_negative}};
  [[nodiscard]] std::array<double, 1> initial() const { return {initial_accumulator_value}; }

  struct Step {
    Coef eps;
  };
  Step at(Now&) const { return {eps}; }

  template <class V>
  static V denominator(const Step& c, V s) {
    return sqrt(s + c.eps);
  }
  template <class V>
  static V update(const Step& c, V g, V /*x*/, V& s) {
    s = s + g * g;
    return g / denominator(c, s);
  }

  using precompiled = AdaGradEpsInRoot;
  static constexpr About about{
      .name = "adagrad_eps_in_root",
      .title = "AdaGrad with eps inside the root",
      .source = "the textbook form of Duchi, Hazan & Singer, JMLR 12 (2011); optax.adagrad",
      .formula =
          "s = s + g^2\n"
          "x = x - lr * g / sqrt(s + eps)",
      .pytorch = "torch.optim.Adagrad has eps outside the root: use adagrad for it"};
};

}  // namespace gradus
