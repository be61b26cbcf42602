#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// Scales all gradients of the step together so that their 2-norm is at most max_norm: Pascanu, Mikolov &
/// Bengio, "On the difficulty of training Recurrent Neural Networks", ICML 2013, Algorithm 1. Like PyTorch's
/// clip_grad_norm_ it divides by norm + 1e-6. A link: ClipNorm{1.0} >> Adam{}.
struct ClipNorm {
  Hyper max_norm = 1.0;

  static constexpr std::array fields{
      Field{"max_norm", &ClipNorm::max_norm, kPositive, "largest norm of all gradients"}};
  static constexpr auto slots = kNoSlots;
  static constexpr bool needs_gradient_norm = true;

  struct Step {
    Coef scale;
  };
  Step at(Now& now) const {
    const double scale = max_norm / (now.gradient_norm + 1e-6);
    return {scale > 1 ? 1 : scale};  // a NaN stays one
  }

  template <class V>
  static V update(const Step& c, V g, V /*x*/) {
    return c.scale * g;
  }

  using precompiled = ClipNorm;
  static constexpr About about{.name = "clip_norm"};
};

}  // namespace gradus
