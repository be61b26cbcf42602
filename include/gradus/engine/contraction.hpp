#pragma once

#include "gradus/core/error.hpp"
#include "gradus/core/real.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus::engine {

/// a * b + c where a fused multiply-add gives another result than two rounded
/// operations: 0 without, not 0 with. A template on the rule, so that it is
/// compiled by the very file, and flags, that the rule's loops are.
template <class R>
struct ContractionProbe {
  [[gnu::always_inline]] static inline void run(const volatile double* a, volatile double* out) {
    const Real<double> x{*a};
    const Real<double> rounded{-(1.0 + 0x1p-29)};  // (1 + 2^-30)^2 without its last term 2^-60
    *out = (x * x + rounded).value;
  }
};

/// Throws Error if the file that instantiates it was compiled with floating-point contraction: its rules
/// would give other bits than everywhere else. The target gradus::rules has the flags.
template <class R>
void refuse_contraction() {
#if defined(__FAST_MATH__)
  throw Error(
      "gradus: a rule was compiled with -ffast-math; compile its file with the flags of gradus::rules");
#endif
  static const bool contracted = [] {
    volatile double a = 1.0 + 0x1p-30, out = 0;
    for (const Isa isa : available_isas()) {
      Versions<ContractionProbe<R>>::template pick<void (*)(const volatile double*, volatile double*)>(isa)(
          &a, &out);
      if (out != 0) return true;
    }
    return false;
  }();
  if (contracted)
    throw Error(
        "gradus: a rule was compiled with floating-point contraction; compile its file with the flags of"
        " gradus::rules (-ffp-contract=off)");
}

}  // namespace gradus::engine
