#pragma once

#include "gradus/core/chain.hpp"
#include "gradus/rules/adam.hpp"
#include "gradus/rules/weight_decay.hpp"

namespace gradus {

/// The link that makes a step proportional to the tensor it moves: u <- (|x| / |u|) u, with 2-norms over the
/// tensor; u stays as it is where either norm is 0. A measured link: the norms are summed before the sweep.
struct TrustRatio {
  static constexpr auto slots = kNoSlots;

  struct Step {
    Coef trust;
  };
  Step at(Now&) const { return {1.0}; }

  static constexpr std::size_t measures() { return 2; }
  template <class V>
  static std::array<Real<double>, 2> measure(const Step&, V u, V x) {
    return {wide(x) * wide(x), wide(u) * wide(u)};
  }
  /// Roots first: their ratio is in range where that of two tiny sums is not. Finite in float, too.
  static void conclude(Step& c, const double* sums) {
    const Real<double> x = sqrt(Real<double>{sums[0]}), u = sqrt(Real<double>{sums[1]});
    if (x.value > 0 && u.value > 0) c.trust = min(1e38, x / u).value;
  }

  template <class V>
  static V update(const Step& c, V u, V /*x*/) {
    return c.trust * u;
  }
  template <class V>
  static V chained_denominator(const Step& c, V one) {
    return one / c.trust;
  }
};

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

  using precompiled = void;
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
