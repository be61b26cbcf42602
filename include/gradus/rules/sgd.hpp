#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// Stochastic gradient descent: Robbins & Monro, "A Stochastic Approximation Method", 1951, equation (5).
struct SGD {
  Hyper lr = 1e-3;

  static constexpr std::array fields{Field{"lr", &SGD::lr, kNonNegative, "step size"}};
  static constexpr auto slots = kNoSlots;

  struct Step {};
  Step at(Now&) const { return {}; }

  template <class V>
  static V update(const Step&, V g, V /*x*/) {
    return g;
  }

  using precompiled = SGD;
  static constexpr About about{
      .name = "sgd",
      .title = "stochastic gradient descent",
      .source = "Robbins & Monro, A Stochastic Approximation Method, 1951, equation (5)",
      .formula = "x = x - lr * g",
      .pytorch = "torch.optim.SGD without momentum: the same"};
};

}  // namespace gradus
