#pragma once

#include "gradus/core/chain.hpp"
#include "gradus/links/heavy_ball.hpp"
#include "gradus/rules/sgd.hpp"

namespace gradus {

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

  using precompiled = Momentum;
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
