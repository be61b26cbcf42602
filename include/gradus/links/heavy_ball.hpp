#pragma once

#include "gradus/core/rule.hpp"

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

  using precompiled = HeavyBall;
  static constexpr About about{.name = "heavy_ball"};
};

}  // namespace gradus
