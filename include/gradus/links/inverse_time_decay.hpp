#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// Divides the direction by 1 + (t - 1) * lr_decay, where t counts the parameter's own steps: PyTorch's lr_decay of
/// Adagrad. (As a schedule for all parameters at once it is InverseTime.) A link: AdaGrad{} >> InverseTimeDecay{0.1}.
struct InverseTimeDecay {
  Hyper lr_decay = 0.0;

  static constexpr std::array fields{Field{"lr_decay", &InverseTimeDecay::lr_decay, kNonNegative,
                                           "how fast the rate falls: 1 / (1 + (t - 1) * lr_decay)"}};
  static constexpr auto slots = kNoSlots;

  struct Step {
    Coef scale;
  };
  Step at(Now& now) const { return {1 / (1 + static_cast<double>(now.t - 1) * lr_decay)}; }

  template <class V>
  static V update(const Step& c, V u, V /*x*/) {
    return c.scale * u;
  }
  template <class V>
  static V chained_denominator(const Step& c, V one) {
    return one / c.scale;
  }

  using precompiled = InverseTimeDecay;
  static constexpr About about{.name = "inverse_time_decay"};
};

}  // namespace gradus
