#pragma once

#include "gradus/core/chain.hpp"
#include "gradus/links/trust_ratio.hpp"
#include "gradus/links/weight_decay.hpp"
#include "gradus/rules/adam.hpp"

namespace gradus {

/// You et al., "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes", ICLR 2020,
/// Algorithm 2 (arXiv:1904.00962), with phi(z) = z.
struct LAMB {
  Hyper lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-6, weight_decay = 0.0;

  static constexpr std::array fields{
      Field{"lr", &LAMB::lr, kNonNegative, "step size (eta)"},
      Field{"beta1", &LAMB::beta1, kDecayRate, "decay rate of the mean of g"},
      Field{"beta2", &LAMB::beta2, kDecayRate, "decay rate of the mean of g^2"},
      Field{"eps", &LAMB::eps, kNonNegative, "added to the root"},
      Field{"weight_decay", &LAMB::weight_decay, kNonNegative, "share of x that joins the direction"}};

  [[nodiscard]] auto chain() const {
    return Adam{lr, beta1, beta2, eps} >> WeightDecay{weight_decay} >> TrustRatio{};
  }

  using precompiled = LAMB;
  static constexpr About about{
      .name = "lamb",
      .title = "Adam with steps in proportion to each layer's weights",
      .source =
          "You et al., Large Batch Optimization for Deep Learning, ICLR 2020, Algorithm 2 (arXiv:1904.00962)",
      .formula =
          "r = Adam's direction: (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)\n"
          "u = r + weight_decay * x\n"
          "x = x - lr * (|x| / |u|) * u      (norms over the tensor; factor 1 where one is 0)",
      .pytorch = "PyTorch has none; optax.lamb is the same"};
};

}  // namespace gradus
