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
//   measured      also looks at the tensor before the sweep, once or several times, for sums over it, its rows, its
//                 columns, or all tensors:
//                 sums, measure(), conclude()                   as in links/trust_ratio.hpp
//                 Looks, where there are several                as in rules/adafactor.hpp
//                 where all sums are over rows, conclude() writes numbers of rows alone: it may be given some rows
//   matrix        also linear algebra on the tensor as a matrix, between two sweeps:
//                 workspace(), before(), transform(), after()   as in links/orthogonalize.hpp
//                 before() writes its slots, after() only reads them
//                 matrices, matrix_shapes(): kept between steps as in rules/soap.hpp
//
// A rule may further have
//   chain()                       instead of all above: it is a name for this composition
//   moves_by_itself               `using moves_by_itself = void`: x <- x - u, and lr is the rule's own affair
//   scalars                       numbers kept for each parameter between steps; at() and conclude() may write them
//   shared, shared_by             numbers kept once for all parameters of the group, or of the optimizer;
//                                 conclude_together() writes them  as in rules/prodigy.hpp
//   initial()                     what each slot holds before the first step, if not zero
//   denominator(c, slots...)      what the averaged gradient is divided by: shows the effective learning rate
//   chained_denominator(c, one, slots...)   the same, of a link that scales another one's direction
//   evaluation_point(c, x, slots...), has_evaluation_point = true
//                                 where to evaluate, if not at x: rules/schedule_free_adamw.hpp
//   needs_gradient_norm = true    now.gradient_norm is wanted
//   about                         name, without which it has no text; source and formula, for people
// clang-format on

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <type_traits>

#include "gradus/core/findings.hpp"
#include "gradus/core/hyper.hpp"
#include "gradus/core/real.hpp"

namespace gradus {

/// What a number is about that a rule keeps or that a look sums up.
enum class Over {
  element,  ///< of x
  row,      ///< of x as a matrix: first dimension x all others
  column,
  tensor,
  all,  ///< tensors of the group or of the optimizer, as `shared_by` says
};

/// What numbers an array holds, which says how it may be kept in fewer bits.
enum class Values {
  any,
  non_negative,  ///< its 8-bit codes have no sign, and never round to zero
  /// Of which others are subtracted, or the like: rounding it would leave nothing of the difference. Stays in
  /// the type that formulas compute in unless StateOptions name the slot.
  precise,
};

/// An array that a rule keeps for each parameter: a number an element, or one a row or a column. Named as
/// PyTorch names it. The sweep writes numbers of elements; those of rows and columns conclude() writes.
struct Slot {
  const char* name;
  Values values = Values::any;
  Over over = Over::element;
};
inline constexpr std::array<Slot, 0> kNoSlots{};

/// A number that a rule keeps for each parameter, or for all that share it.
struct Scalar {
  const char* name;
  double initial;
};

/// A matrix that a matrix rule keeps for each parameter.
struct MatrixSlot {
  const char* name;
};

struct MatrixShape {
  std::int64_t rows, columns;
};

/// What a rule may know of the step at hand.
struct Now {
  std::int64_t t;        ///< steps of this parameter, this one included: counts from 1
  double gradient_norm;  ///< 2-norm over all gradients of the step; NaN unless the rule needs it
  /// The parameter as a matrix, for matrix rules: first dimension x all others. 0 for other rules, whose
  /// coefficients are those of parameters of any shape that have taken the same steps.
  std::int64_t rows, columns;
  std::span<double> scalars;            ///< the rule's own, as `scalars` declares them
  std::span<const double> shared = {};  ///< those that it shares, as `shared` declares them
};

/// What people want to know of a rule. Of a link it is the name. What derives from another has its own.
struct About {
  const char* name;          ///< as the command line, make_rule() and texts spell it
  const char* title = "";    ///< one line
  const char* source = "";   ///< paper, algorithm, arXiv number
  const char* formula = "";  ///< one line an assignment, in the paper's letters
  const char* pytorch = "";  ///< how PyTorch's differs, or which class it equals
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

/// A rule whose direction is how far x moves: it has multiplied by lr.
template <class R>
concept MovesByItself = requires {
  typename R::moves_by_itself;
};

/// The looks that a rule takes before the sweep, one after the other: `Looks`, or itself as the only one.
template <class R>
struct LooksOf {
  using type = std::tuple<>;
};
template <class R>
requires requires { typename R::Looks; }
struct LooksOf<R> {
  using type = typename R::Looks;
};
template <class R>
requires(
    requires { R::sums.size(); } && !requires { typename R::Looks; }) struct LooksOf<R> {
  using type = std::tuple<R>;
};
template <class R>
using Looks = typename LooksOf<R>::type;
template <class R>
inline constexpr std::size_t kLooks = std::tuple_size_v<Looks<R>>;

template <class R>
concept Measured = Link<R> &&(kLooks<R> > 0);

template <class R>
concept Matrix = Link<R> && requires(const R& rule) {
  rule.workspace(std::int64_t{}, std::int64_t{});
};

/// Anything that an optimizer can be made of.
template <class R>
concept Rule = Composed<R> || Link<R>;

/// A built-in rule is compiled in the library for every instruction set. It says so by naming
/// itself, `using precompiled = Adam`: what derives from it is compiled where it is used.
template <class R>
concept Precompiled = requires {
  typename R::precompiled;
}
&&std::is_same_v<typename R::precompiled, R>;

/// A rule that says what it is called.
template <class R>
concept Described = requires {
  R::about;
};

template <class R>
consteval auto scalars_of() {
  if constexpr (requires { R::scalars; })
    return R::scalars;
  else
    return std::array<Scalar, 0>{};
}

template <class R>
consteval auto shared_of() {
  if constexpr (requires { R::shared; })
    return R::shared;
  else
    return std::array<Scalar, 0>{};
}

/// Has a rule numbers, or sums, over all tensors of a group or of the optimizer?
template <class R>
consteval bool shares() {
  const auto over_all = []<class... Look>(std::tuple<Look...>*) {
    return ((std::count(Look::sums.begin(), Look::sums.end(), Over::all) > 0) || ...);
  };
  return !shared_of<R>().empty() || over_all(static_cast<Looks<R>*>(nullptr));
}

template <class R>
consteval auto matrices_of() {
  if constexpr (requires { R::matrices; })
    return R::matrices;
  else
    return std::array<MatrixSlot, 0>{};
}

/// Who shares a rule's `shared` numbers, and its sums over all.
enum class SharedBy { group, optimizer };
template <class R>
consteval SharedBy shared_by() {
  if constexpr (requires { R::shared_by; })
    return R::shared_by;
  else
    return SharedBy::group;
}

/// Has the rule a point to evaluate at, which is not the one that it trains at?
template <class R>
consteval bool has_evaluation_point() {
  if constexpr (requires { R::has_evaluation_point; })
    return R::has_evaluation_point;
  else
    return false;
}

/// How many slots hold a number a row or a column.
template <class R>
consteval std::size_t slots_of_numbers() {
  std::size_t count = 0;
  for (const Slot& slot : R::slots)
    if (slot.over != Over::element) ++count;
  return count;
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

template <class R>
auto matrix_shapes_of(const R& rule, std::int64_t rows, std::int64_t columns) {
  if constexpr (requires { rule.matrix_shapes(rows, columns); })
    return rule.matrix_shapes(rows, columns);
  else
    return std::array<MatrixShape, 0>{};
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
