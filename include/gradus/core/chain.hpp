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
  else if constexpr (requires(R rule) { rule.lr; })
    return 1;
  else
    return 0;
}

template <Link A, Link B>
struct Chain {
  A first;
  B second;

  static_assert(!(Measured<A> && Measured<B>),
                "a chain takes one measured link: the sums are taken in one pass");
  static_assert(!(Matrix<A> && Matrix<B>), "a chain takes one matrix link");
  static_assert(!((Measured<A> || Measured<B>)&&(Matrix<A> || Matrix<B>)),
                "a chain takes a measured link or a matrix link, not both");
  static_assert(learning_rates<A>() + learning_rates<B>() <= 1,
                "a chain takes one link with a learning rate (for momentum, HeavyBall has none)");

  static constexpr auto slots = concat(A::slots, B::slots);
  static constexpr auto scalars = concat(scalars_of<A>(), scalars_of<B>());
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

  // A measured link among the two.

  static constexpr std::size_t measures() requires(Measured<A> || Measured<B>) {
    if constexpr (Measured<A>)
      return A::measures();
    else
      return B::measures();
  }

  template <class V, class... S>
  static auto measure(const Step& c, V g, V x, S... s) {
    if constexpr (Measured<A>) {
      return call_first([&](auto... a) { return A::measure(c.first, g, x, a...); }, s...);
    } else {
      const V u = call_first([&](auto&... a) { return A::update(c.first, g, x, a...); }, s...);
      return call_second([&](auto... b) { return B::measure(c.second, u, x, b...); }, s...);
    }
  }

  template <class Sums>
  static void conclude(Step& c, const Sums& sums) {
    if constexpr (Measured<A>)
      A::conclude(c.first, sums);
    else
      B::conclude(c.second, sums);
  }

  // A matrix link among the two.

  static std::size_t workspace(std::int64_t rows, std::int64_t columns) requires(Matrix<A> || Matrix<B>) {
    if constexpr (Matrix<A>)
      return A::workspace(rows, columns);
    else
      return B::workspace(rows, columns);
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
  static void transform(const Step& c, Algebra& algebra, MatrixView u) {
    if constexpr (Matrix<A>)
      A::transform(c.first, algebra, u);
    else
      B::transform(c.second, algebra, u);
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

 private:
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

/// The links of a rule: itself, or the chain that it is a name for.
template <Rule R>
auto links_of(const R& rule) {
  if constexpr (Composed<R>)
    return rule.chain();
  else
    return rule;
}

template <Rule A, Rule B>
auto operator>>(const A& first, const B& second) {
  return Chain<decltype(links_of(first)), decltype(links_of(second))>{links_of(first), links_of(second)};
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

/// The learning rate of a rule: its field lr, or that of the one link that has it; 1 where none has.
template <class R>
double learning_rate(const R& rule) {
  if constexpr (kIsChain<R>)
    return learning_rate(rule.first) * learning_rate(rule.second);
  else if constexpr (requires { rule.lr; })
    return rule.lr;
  else
    return 1;
}

}  // namespace gradus
