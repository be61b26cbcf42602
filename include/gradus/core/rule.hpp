#pragma once

// clang-format off
// A rule turns a gradient g into a direction u; the engine then moves the parameter: x <- x - lr * u.
//
//   struct Signum {                                                  // a rule of one's own, whole
//     Hyper lr = 1e-3, beta = 0.9;
//     static constexpr std::array fields{
//         Field{"lr", &Signum::lr, kNonNegative, "step size"},
//         Field{"beta", &Signum::beta, kDecayRate, "decay rate of the mean of g"}};
//     static constexpr std::array slots{Slot{"momentum_buffer"}};    // arrays shaped like x, zero at first
//     struct Step { Ema mean; };                                     // coefficients of a step, in double
//     Step at(Now&) const { return {Ema(beta)}; }                    // may not throw: the step has begun
//     template <class V>
//     static V update(const Step& c, V g, V /*x*/, V& m) {           // one element
//       m = c.mean(m, g);
//       return sign(m);
//     }
//   };
//
// There are three kinds, and each may stand alone or as a link of a chain (core/chain.hpp):
//   elementwise   update() and no more; all links of a chain run fused in one sweep
//   measured      also sums over the tensor, taken before the sweep:
//                 measures(), measure(), conclude()             as in links/trust_ratio.hpp
//   matrix        also linear algebra on the tensor as a matrix, between two sweeps:
//                 workspace(), before(), transform(), after()   as in links/orthogonalize.hpp
//
// A rule may further have
//   chain()                       instead of all above: it is a name for this composition
//   scalars                       numbers kept for each parameter between steps; at() sees now.scalars
//   initial()                     what each slot holds before the first step, if not zero
//   denominator(c, slots...)      what the averaged gradient is divided by: shows the effective learning rate
//   chained_denominator(c, one, slots...)   the same, of a link that scales another one's direction
//   needs_gradient_norm = true    now.gradient_norm is wanted
//   about                         name, source and formula, for people
// clang-format on

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

#include "gradus/core/hyper.hpp"
#include "gradus/core/real.hpp"

namespace gradus {

/// An array that a rule keeps for each parameter, shaped like it. Named as PyTorch names it.
struct Slot {
  const char* name;
};
inline constexpr std::array<Slot, 0> kNoSlots{};

/// A number that a rule keeps for each parameter.
struct Scalar {
  const char* name;
  double initial;
};

/// What a rule may know of the step at hand.
struct Now {
  std::int64_t t;              ///< steps of this parameter, this one included: counts from 1
  double gradient_norm;        ///< 2-norm over all gradients of the step; NaN unless the rule needs it
  std::int64_t rows, columns;  ///< the parameter as a matrix: first dimension x all others
  std::span<double> scalars;   ///< the rule's own, as `scalars` declares them
};

/// What people want to know of a rule.
struct About {
  const char* name;     ///< as the command line and make_rule() spell it
  const char* title;    ///< one line
  const char* source;   ///< paper, algorithm, arXiv number
  const char* formula;  ///< one line an assignment, in the paper's letters
  const char* pytorch;  ///< how PyTorch's differs, or which class it equals
};

template <class R>
concept Composed = requires(const R& r) {
  r.chain();
};

template <class R>
concept Link = requires {
  typename R::Step;
  R::slots.size();
}
&&std::is_trivially_copyable_v<typename R::Step>;

template <class R>
concept Measured = Link<R> && requires {
  R::measures();
};

template <class R>
concept Matrix = Link<R> && requires {
  R::workspace(std::int64_t{}, std::int64_t{});
};

/// Anything that an optimizer can be made of.
template <class R>
concept Rule = Composed<R> || Link<R>;

/// A built-in rule is compiled in the library for every instruction set; it says so by `using precompiled =
/// void`.
template <class R>
concept Precompiled = requires {
  typename R::precompiled;
};

template <class R>
consteval auto scalars_of() {
  if constexpr (requires { R::scalars; })
    return R::scalars;
  else
    return std::array<Scalar, 0>{};
}

template <class R>
consteval bool needs_gradient_norm() {
  if constexpr (requires { R::needs_gradient_norm; })
    return R::needs_gradient_norm;
  else
    return false;
}

template <class R>
auto initial_of(const R& rule) {
  if constexpr (requires { rule.initial(); })
    return rule.initial();
  else
    return std::array<double, R::slots.size()>{};
}

template <class R, class V, class... S>
V denominator_of(const typename R::Step& c, V one, S... slots) {
  if constexpr (requires { R::chained_denominator(c, one, slots...); })
    return R::chained_denominator(c, one, slots...);
  else if constexpr (requires { R::denominator(c, slots...); })
    return R::denominator(c, slots...);
  else
    return one;
}

}  // namespace gradus
