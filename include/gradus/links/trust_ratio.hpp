#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// The link that makes a step proportional to the tensor it moves: u <- (|x| / |u|) u, with 2-norms over the
/// tensor; u stays as it is where either norm is 0. A measured link: the norms are summed before the sweep.
struct TrustRatio {
  static constexpr auto slots = kNoSlots;

  struct Step {
    Coef trust;
  };
  Step at(Now&) const { return {1.0}; }

  static constexpr std::array sums{Over::tensor, Over::tensor};
  template <class V>
  static std::array<Real<double>, 2> measure(const Step&, V u, V x) {
    return {wide(x) * wide(x), wide(u) * wide(u)};
  }
  /// Roots first: their ratio is in range where that of two tiny sums is not. Finite in float, too.
  static void conclude(Step& c, const Findings& norms) {
    const Real<double> x = sqrt(Real<double>{norms[0]}), u = sqrt(Real<double>{norms[1]});
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

  using precompiled = TrustRatio;
  static constexpr About about{.name = "trust_ratio"};
};

}  // namespace gradus
