#pragma once

// Composition: `ClipNorm{1.0} >> Adam{.lr = 3e-4} >> WeightDecay{0.01}` is a rule again, and one fused loop.
// The direction that a link returns is the gradient of the next.

#include <tuple>
#include <utility>

#include "gradus/core/rule.hpp"

namespace gradus {

template <class T, std::size_t M, std::size_t N>
constexpr std::array<T, M + N> concat(const std::array<T, M>& a, const std::array<T, N>& b) {
  return [&]<std::size_t... I, std::size_t... J>(std::index_sequence<I...>, std::index_sequence<J...>) {
    return std::array<T, M + N>{a[I]..., b[J]...};
  }
  (std::make_index_sequence<M>{}, std::make_index_sequence<N>{});
}

template <Link A, Link B>
struct Chain;
template <class R>
inline constexpr bool kIsChain = false;
template <Link A, Link B>
inline constexpr bool kIsChain<Chain<A, B>> = true;

/// How many links have a learning rate.
template <class R>
consteval int learning_rates() {
  if constexpr (kIsChain<R>)
    return learning_rates<decltype(R::first)>() + learning_rates<decltype(R::second)>();
  else if constexpr (requires(R rule) { rule.lr; } && !MovesByItself<R>)
    return 1;
  else
    return 0;
}

template <Link A, Link B>
struct Chain {
  A first;
  B second;

  static_assert(!(Matrix<A> && Matrix<B>), "a chain takes one matrix link");
  static_assert(!((Measured<A> || Measured<B>)&&(Matrix<A> || Matrix<B>)),
                "a chain takes measured links or a matrix link, not both");
  static_assert(!shares<A>() || !shares<B>() || gradus::shared_by<A>() == gradus::shared_by<B>(),
                "two links of a chain share numbers with the group, or both with the optimizer");
  static_assert(!(gradus::has_evaluation_point<A>() && gradus::has_evaluation_point<B>()),
                "a chain takes one link with a point to evaluate at");
  static_assert(learning_rates<A>() + learning_rates<B>() <= 1,
                "a chain takes one link with a learning rate (for momentum, HeavyBall has none)");

  static constexpr auto slots = concat(A::slots, B::slots);
  static constexpr auto scalars = concat(scalars_of<A>(), scalars_of<B>());
  static constexpr auto shared = concat(shared_of<A>(), shared_of<B>());
  static constexpr SharedBy shared_by = shares<B>() ? gradus::shared_by<B>() : gradus::shared_by<A>();
  static constexpr bool needs_gradient_norm =
      gradus::needs_gradient_norm<A>() || gradus::needs_gradient_norm<B>();

  struct Step {
    typename A::Step first;
    typename B::Step second;
  };

  Step at(Now& now) const {
    constexpr std::size_t of_first = scalars_of<A>().size();
    Now first_now = now, second_now = now;
    first_now.scalars = now.scalars.first(of_first);
    second_now.scalars = now.scalars.subspan(of_first);
    first_now.shared = now.shared.first(shared_of<A>().size());
    second_now.shared = now.shared.subspan(shared_of<A>().size());
    const auto c = first.at(first_now);
    return {c, second.at(second_now)};
  }

  [[nodiscard]] auto initial() const { return concat(initial_of(first), initial_of(second)); }

  template <class V, class... S>
  static V update(const Step& c, V g, V x, S&... s) {
    const V u = call_first([&](auto&... a) { return A::update(c.first, g, x, a...); }, s...);
    return call_second([&](auto&... b) { return B::update(c.second, u, x, b...); }, s...);
  }

  template <class V, class... S>
  static V chained_denominator(const Step& c, V one, S... s) {
    return call_first([&](auto... a) { return denominator_of<A>(c.first, one, a...); }, s...) *
           call_second([&](auto... b) { return denominator_of<B>(c.second, one, b...); }, s...);
  }

  // Measured links: the looks of the first, then those of the second at the first's direction.

  template <class Look>
  struct OfFirst {
    static constexpr auto sums = Look::sums;

    template <class V, class... S>
    static auto measure(const Step& c, V g, V x, S... s) {
      return call_first([&](auto... a) { return Look::measure(c.first, g, x, a...); }, s...);
    }
    static void conclude(Step& c, const Findings& f) { Look::conclude(c.first, part(f, 0)); }
    static void conclude_together(const Step& c, const Findings& f, std::span<double> numbers)  //
        requires requires {
      Look::conclude_together(c.first, f, numbers);
    }
    { Look::conclude_together(c.first, part(f, 0), numbers.first(shared_of<A>().size())); }
  };

  template <class Look>
  struct OfSecond {
    static constexpr auto sums = Look::sums;

    template <class V, class... S>
    static auto measure(const Step& c, V g, V x, S... s) {
      const V u = call_first([&](auto&... a) { return A::update(c.first, g, x, a...); }, s...);
      return call_second([&](auto... b) { return Look::measure(c.second, u, x, b...); }, s...);
    }
    static void conclude(Step& c, const Findings& f) { Look::conclude(c.second, part(f, 1)); }
    static void conclude_together(const Step& c, const Findings& f, std::span<double> numbers)  //
        requires requires {
      Look::conclude_together(c.second, f, numbers);
    }
    { Look::conclude_together(c.second, part(f, 1), numbers.subspan(shared_of<A>().size())); }
  };

  template <class First, class Second>
  struct Both;
  template <class... First, class... Second>
  struct Both<std::tuple<First...>, std::tuple<Second...>> {
    using type = std::tuple<OfFirst<First>..., OfSecond<Second>...>;
  };
  using Looks = typename Both<gradus::Looks<A>, gradus::Looks<B>>::type;

  // A matrix link among the two.

  static constexpr auto matrices = concat(matrices_of<A>(), matrices_of<B>());
  [[nodiscard]] auto matrix_shapes(std::int64_t rows, std::int64_t columns) const {
    return concat(matrix_shapes_of(first, rows, columns), matrix_shapes_of(second, rows, columns));
  }

  [[nodiscard]] std::size_t workspace(std::int64_t rows, std::int64_t columns) const  //
      requires(Matrix<A> || Matrix<B>) {
    if constexpr (Matrix<A>)
      return first.workspace(rows, columns);
    else
      return second.workspace(rows, columns);
  }

  template <class V, class... S>
  static V before(const Step& c, V g, V x, S&... s) {
    if constexpr (Matrix<A>) {
      return call_first([&](auto&... a) { return A::before(c.first, g, x, a...); }, s...);
    } else {
      const V u = call_first([&](auto&... a) { return A::update(c.first, g, x, a...); }, s...);
      return call_second([&](auto&... b) { return B::before(c.second, u, x, b...); }, s...);
    }
  }

  template <class Algebra, class MatrixView>
  static void transform(const Step& c, Algebra& algebra, MatrixView u, std::span<const MatrixView> kept) {
    if constexpr (Matrix<A>)
      A::transform(c.first, algebra, u, kept);
    else
      B::transform(c.second, algebra, u, kept);
  }

  template <class V, class... S>
  static V after(const Step& c, V u, V x, S&... s) {
    if constexpr (Matrix<A>) {
      const V d = call_first([&](auto&... a) { return A::after(c.first, u, x, a...); }, s...);
      return call_second([&](auto&... b) { return B::update(c.second, d, x, b...); }, s...);
    } else {
      return call_second([&](auto&... b) { return B::after(c.second, u, x, b...); }, s...);
    }
  }

  // A link whose parameters are evaluated at another point than they are trained at.

  static constexpr bool has_evaluation_point =
      gradus::has_evaluation_point<A>() || gradus::has_evaluation_point<B>();
  template <class V, class... S>
  static V evaluation_point(const Step& c, V x, S... s) {
    if constexpr (gradus::has_evaluation_point<A>())
      return call_first([&](auto... a) { return A::evaluation_point(c.first, x, a...); }, s...);
    else
      return call_second([&](auto... b) { return B::evaluation_point(c.second, x, b...); }, s...);
  }

 private:
  /// What a link of the chain sees of the chain's findings.
  static Findings part(Findings f, int link) {
    constexpr std::size_t slots_of_first = slots_of_numbers<A>(), scalars_of_first = scalars_of<A>().size();
    constexpr std::size_t shared_of_first = shared_of<A>().size();
    f.slots = link == 0 ? f.slots.first(slots_of_first) : f.slots.subspan(slots_of_first);
    f.scalars = link == 0 ? f.scalars.first(scalars_of_first) : f.scalars.subspan(scalars_of_first);
    f.shared = link == 0 ? f.shared.first(shared_of_first) : f.shared.subspan(shared_of_first);
    return f;
  }

  template <std::size_t From, std::size_t Count, class F, class Slots>
  static auto call_with(F f, Slots all) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) { return f(std::get<From + I>(all)...); }
    (std::make_index_sequence<Count>{});
  }
  template <class F, class... S>
  static auto call_first(F f, S&... s) {
    return call_with<0, A::slots.size()>(f, std::tie(s...));
  }
  template <class F, class... S>
  static auto call_second(F f, S&... s) {
    return call_with<A::slots.size(), B::slots.size()>(f, std::tie(s...));
  }
};

/// Of a matrix rule, the slots of the matrix link and of those before it: before() writes these, which are the
/// first ones, and after() the others.
template <class R>
consteval std::size_t slots_before_matrix() {
  if constexpr (!kIsChain<R>)
    return R::slots.size();
  else if constexpr (Matrix<decltype(R::first)>)
    return slots_before_matrix<decltype(R::first)>();
  else
    return decltype(R::first)::slots.size() + slots_before_matrix<decltype(R::second)>();
}

/// The links of a rule: itself, or the chain that it is a name for.
template <Rule R>
auto links_of(const R& rule) {
  if constexpr (Composed<R>)
    return rule.chain();
  else
    return rule;
}

/// The second chain's links join the first one by one, so that a chain's type is that of its links alone.
template <Link A, Link B>
auto chained(const A& first, const B& second) {
  if constexpr (kIsChain<B>)
    return chained(chained(first, second.first), second.second);
  else
    return Chain<A, B>{first, second};
}

template <Rule A, Rule B>
auto operator>>(const A& first, const B& second) {
  return chained(links_of(first), links_of(second));
}

/// Calls f(field, hyperparameter) for each field of a rule, in order; of a chain, link by link.
template <class R, class F>
void for_each_field(R& rule, F f) {
  if constexpr (kIsChain<std::remove_const_t<R>>) {
    for_each_field(rule.first, f);
    for_each_field(rule.second, f);
  } else if constexpr (requires { R::fields; }) {
    for (const auto& field : R::fields) f(field, rule.*(field.member));
  }
}

/// What the sweep multiplies the direction by: a rule's field lr, or that of the one link that has it; 1 where none has,
/// and for rules that move by themselves.
template <class R>
double learning_rate(const R& rule) {
  if constexpr (kIsChain<R>)
    return learning_rate(rule.first) * learning_rate(rule.second);
  else if constexpr (requires { rule.lr; } && !MovesByItself<R>)
    return rule.lr;
  else if constexpr (Composed<R>)
    return learning_rate(links_of(rule));
  else
    return 1;
}

}  // namespace gradus
