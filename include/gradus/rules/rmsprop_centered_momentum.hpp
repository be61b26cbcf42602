#pragma once

#include "gradus/core/chain.hpp"
#include "gradus/links/heavy_ball.hpp"
#include "gradus/rules/rmsprop_centered.hpp"

namespace gradus {

/// Graves, "Generating Sequences With Recurrent Neural Networks", 2013, equations (38) to (41), with
/// PyTorch's place for the learning rate.
struct RMSPropCenteredMomentum {
  Hyper lr = 1e-2, alpha = 0.99, eps = 1e-8, momentum = 0.9;

  static constexpr std::array fields{
      Field{"lr", &RMSPropCenteredMomentum::lr, kNonNegative, "step size"},
      Field{"alpha", &RMSPropCenteredMomentum::alpha, kDecayRate, "decay rate of both means"},
      Field{"eps", &RMSPropCenteredMomentum::eps, kNonNegative, "added to the root"},
      Field{"momentum", &RMSPropCenteredMomentum::momentum, kNonNegative,
            "share of the last step that goes on"}};

  [[nodiscard]] auto chain() const { return RMSPropCentered{lr, alpha, eps} >> HeavyBall{momentum}; }

  using precompiled = RMSPropCenteredMomentum;
  static constexpr About about{
      .name = "rmsprop_centered_momentum",
      .title = "RMSProp by the variance of the gradients, with momentum",
      .source =
          "Graves, Generating Sequences With Recurrent Neural Networks, 2013, (38)-(41) (arXiv:1308.0850)",
      .formula =
          "v = alpha * v + (1 - alpha) * g^2\n"
          "a = alpha * a + (1 - alpha) * g\n"
          "b = momentum * b + g / (sqrt(max(v - a^2, 0)) + eps)\n"
          "x = x - lr * b",
      .pytorch =
          "torch.optim.RMSprop(centered=True, momentum=0.9): the same, but NaN where rounding leaves v < "
          "a^2"};
};

}  // namespace gradus
