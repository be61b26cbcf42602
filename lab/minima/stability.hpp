#pragma once

#include "gradus/engine/any_rule.hpp"
#include "lab/results/results.hpp"

namespace gradus::lab {

/// How curved a loss may be before a rule that sees all of it, batch after batch, swings ever wider there.
struct Stability {
  double bound = kNotMeasured;  ///< of the largest eigenvalue; NaN for a rule that none is known of
  bool preconditioned = false;  ///< it bounds that of P^-1 H, where P is what the rule divides by; else of H
};

/// At a learning rate. Of gradient descent 2 / lr, with momentum 2 (1 + beta) / lr, with Nesterov's
/// 2 (1 + beta) / ((1 + 2 beta) lr): Cohen et al., "Gradient descent on neural networks typically occurs at
/// the edge of stability", ICLR 2021. The same of what divides by P, while P stays; with Adam's momentum
/// 2 (1 + beta1) / ((1 - beta1) lr): Cohen et al., "Adaptive gradient methods at the edge of stability",
/// 2022. Weight decay is taken for none.
Stability stability_of(const AnyRule& rule, double lr);

}  // namespace gradus::lab
