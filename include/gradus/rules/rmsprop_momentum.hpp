#pragma once

#include "gradus/core/chain.hpp"
#include "gradus/links/heavy_ball.hpp"
#include "gradus/rules/rmsprop.hpp"

namespace gradus {

/// RMSProp whose steps have momentum, as in PyTorch: the learning rate stays outside the buffer.
struct RMSPropMomentum {
  Hyper lr = 1e-2, alpha = 0.99, eps = 1e-8, momentum = 0.9;

  static constexpr std::array fields{
      Field{"lr", &RMSPropMomentum::lr, kNonNegative, "step size"},
      Field{"alpha", &RMSPropMomentum::alpha, kDecayRate, "decay rate of the mean of g^2"},
      Field{"eps", &RMSPropMomentum::eps, kNonNegative, "added to the root"},
      Field{"momentum", &RMSPropMomentum::momentum, kNonNegative, "share of the last step that goes on"}};

  [[nodiscard]] auto chain() const { return RMSProp{lr, alpha, eps} >> HeavyBall{momentum}; }

  using precompiled = RMSPropMomentum;
  static constexpr About about{
      .name = "rmsprop_momentum",
      .title = "RMSProp with momentum",
      .source = "Tieleman & Hinton, Lecture 6.5, 2012, with Polyak's momentum; torch.optim.RMSprop",
      .formula =
          "v = alpha * v + (1 - alpha) * g^2\n"
          "b = momentum * b + g / (sqrt(v) + eps)\n"
          "x = x - lr * b",
      .pytorch = "torch.optim.RMSprop(momentum=0.9): the same"};
};

}  // namespace gradus
