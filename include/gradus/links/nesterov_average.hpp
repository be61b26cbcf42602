#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// Momentum as an average, looked ahead by Nesterov's rule:
/// b <- lerp(b, g, 1 - momentum); u = lerp(g, b, momentum).
struct NesterovAverage {
  Hyper momentum = 0.95;

  static constexpr std::array fields{
      Field{"momentum", &NesterovAverage::momentum, kDecayRate, "decay rate of the mean of g"}};
  static constexpr std::array slots{Slot{"momentum_buffer"}};

  struct Step {
    Ema mean;
  };
  Step at(Now&) const { return {Ema(momentum)}; }

  template <class V>
  static V update(const Step& c, V g, V /*x*/, V& b) {
    b = c.mean(b, g);
    return c.mean(b, g);
  }

  using precompiled = NesterovAverage;
  static constexpr About about{.name = "nesterov_average"};
};

}  // namespace gradus
