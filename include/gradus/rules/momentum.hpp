#pragma once

#include "gradus/core/chain.hpp"
#include "gradus/rules/sgd.hpp"

namespace gradus {

/// The link that momentum consists of: a running sum of directions, b = momentum * b + (1 - dampening) * g.
/// As in PyTorch the first direction enters undampened, at the parameter's own first step.
struct HeavyBall {
  Hyper momentum = 0.9, dampening = 0.0;

  static constexpr std::array fields{
      Field{"momentum", &HeavyBall::momentum, kNonNegative, "share of the last step that goes on"},
      Field{"dampening", &HeavyBall::dampening, kUnit,
            "share of a gradient that is left out, from the second on"}};
  static constexpr std::array slots{Slot{"momentum_buffer"}};

  struct Step {
    Coef momentum, take;
  };
  Step at(Now& now) const { return {momentum, now.t == 1 ? 1 : 1 - dampening}; }

  template <class V>
  static V update(const Step& c, V g, V /*x*/, V& b) {
    return b = c.momentum * b + c.take * g;
  }
};

/// Gradient descent with momentum: Polyak, "Some methods of speeding up the convergence of iteration
/// methods", 1964, equation (9).
struct Momentum {
  Hyper lr = 1e-3, momentum = 0.9, dampening = 0.0;

  static constexpr std::array fields{
      Field{"lr", &Momentum::lr, kNonNegative, "step size"},
      Field{"momentum", &Momentum::momentum, kNonNegative, "share of the last step that goes on"},
      Field{"dampening", &Momentum::dampening, kUnit,
            "share of a gradient that is left out, from the second on"}};

  [[nodiscard]] auto chain() const { return SGD{lr} >> HeavyBall{momentum, dampening}; }

  using precompiled = void;
  static constexpr About about{
      .name = "momentum",
      .title = "gradient descent with momentum (heavy ball)",
      .source =
          "Polyak, Some methods of speeding up the convergence of iteration methods, 1964, equation (9)",
      .formula =
          "b = momentum * b + (1 - dampening) * g      (b = g at the first step)\n"
          "x = x - lr * b",
      .pytorch = "torch.optim.SGD(momentum=0.9): the same; its default for momentum is 0"};
};

}  // namespace gradus
