#pragma once

#include "gradus/core/chain.hpp"
#include "gradus/links/weight_decay.hpp"
#include "gradus/rules/adam.hpp"

namespace gradus {

/// Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, Algorithm 2 (arXiv:1711.05101).
struct AdamW {
  Hyper lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 1e-2;

  static constexpr std::array fields{
      Field{"lr", &AdamW::lr, kNonNegative, "step size (alpha)"},
      Field{"beta1", &AdamW::beta1, kDecayRate, "decay rate of the mean of g"},
      Field{"beta2", &AdamW::beta2, kDecayRate, "decay rate of the mean of g^2"},
      Field{"eps", &AdamW::eps, kNonNegative, "added to the root"},
      Field{"weight_decay", &AdamW::weight_decay, kNonNegative, "x shrinks by lr * weight_decay a step"}};

  [[nodiscard]] auto chain() const { return Adam{lr, beta1, beta2, eps} >> WeightDecay{weight_decay}; }

  using precompiled = AdamW;
  static constexpr About about{
      .name = "adamw",
      .title = "Adam with decoupled weight decay",
      .source =
          "Loshchilov & Hutter, Decoupled Weight Decay Regularization, ICLR 2019, Algorithm 2 "
          "(arXiv:1711.05101)",
      .formula =
          "m = beta1 * m + (1 - beta1) * g\n"
          "v = beta2 * v + (1 - beta2) * g^2\n"
          "x = x - lr * ((m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps) + weight_decay * x)",
      .pytorch = "torch.optim.AdamW: the same; it shrinks x before the moments, which is the same number"};
};

}  // namespace gradus
