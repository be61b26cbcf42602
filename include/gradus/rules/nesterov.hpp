#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// Nesterov's accelerated gradient in the form of Sutskever et al., "On the importance of initialization and
/// momentum in deep learning", ICML 2013, equations (3) and (4), with the gradient taken where x is.
struct Nesterov {
  Hyper lr = 1e-3, momentum = 0.9;

  static constexpr std::array fields{
      Field{"lr", &Nesterov::lr, kNonNegative, "step size"},
      Field{"momentum", &Nesterov::momentum, kPositive, "share of the last step that goes on"}};
  static constexpr std::array slots{Slot{"momentum_buffer"}};

  struct Step {
    Coef momentum;
  };
  Step at(Now&) const { return {momentum}; }

  template <class V>
  static V update(const Step& c, V g, V /*x*/, V& b) {
    b = c.momentum * b + g;
    return g + c.momentum * b;
  }

  using precompiled = Nesterov;
  static constexpr About about{
      .name = "nesterov",
      .title = "Nesterov's accelerated gradient",
      .source =
          "Sutskever et al., On the importance of initialization and momentum in deep learning, ICML 2013,"
          " equations (3) and (4)",
      .formula =
          "b = momentum * b + g\n"
          "x = x - lr * (g + momentum * b)",
      .pytorch = "torch.optim.SGD(momentum=0.9, nesterov=True): the same"};
};

}  // namespace gradus
