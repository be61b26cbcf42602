#pragma once

// A rule as plainly as it can be run: one element after the other, no chunks but in sums, no threads, no
// vectors, no type erasure. Slow, and kept for ever: what every fast path is compared with, bit for bit. (The
// products of a matrix rule are the engine's; tests/engine/matrix_test.cpp has plain ones.)

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "gradus/core/chain.hpp"
#include "gradus/engine/matrix.hpp"
#include "gradus/engine/tree_sum.hpp"

namespace gradus::engine {

/// One parameter under the rule R.
template <Rule R, class T>
class Reference {
 public:
  Reference(R rule, std::vector<T> x, std::int64_t rows)
      : rule_(std::move(rule)), x_(std::move(x)), rows_(rows) {
    for (const double value : initial_of(links_of(rule_)))
      slots_.emplace_back(x_.size(), static_cast<T>(value));
    for (const Scalar& scalar : scalars_of<Links>()) scalars_.push_back(scalar.initial);
  }

  [[nodiscard]] const std::vector<T>& x() const { return x_; }
  [[nodiscard]] const std::vector<T>& slot(std::size_t i) const { return slots_[i]; }

  /// `steps` is what schedules are asked with; the rule sees gain * g.
  void step(std::span<const T> g, std::int64_t steps, double gradient_norm, double gain = 1) {
    for_each_field(rule_, [&](const auto&, Hyper& value) {
      value.ask(steps);
      value.take_answer();
    });
    ++t_;
    Now now{t_, gradient_norm, rows_, rows_ > 0 ? static_cast<std::int64_t>(x_.size()) / rows_ : 0, scalars_};
    Step c = links_of(rule_).at(now);
    const T lr = static_cast<T>(learning_rate(rule_)), factor = static_cast<T>(gain);
    const auto gradient = [&](std::size_t i) { return Real<T>{factor * g[i]}; };

    if constexpr (Measured<Links>) measure(c, gradient);
    if constexpr (Matrix<Links>) {
      std::vector<T> u(x_.size());
      for (std::size_t i = 0; i < u.size(); ++i)
        u[i] = with_slots(i, [&](auto&... s) {
                 return Links::before(c, gradient(i), Real<T>{x_[i]}, s...);
               }).value;
      std::vector<T> workspace(workspace_of<Links>(now.rows, now.columns));
      transform<Links, T>(&c, Isa::baseline, now.rows, now.columns, u.data(), workspace.data());
      for (std::size_t i = 0; i < u.size(); ++i)
        move(i, lr, [&](auto&... s) { return Links::after(c, Real<T>{u[i]}, Real<T>{x_[i]}, s...); });
    } else {
      for (std::size_t i = 0; i < x_.size(); ++i)
        move(i, lr, [&](auto&... s) { return Links::update(c, gradient(i), Real<T>{x_[i]}, s...); });
    }
  }

 private:
  using Links = decltype(links_of(std::declval<const R&>()));
  using Step = typename Links::Step;

  /// Calls f with the element i of each slot, and keeps what f makes of them.
  template <class F>
  Real<T> with_slots(std::size_t i, F f) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      std::array<Real<T>, sizeof...(I)> slot{Real<T>{slots_[I][i]}...};
      const Real<T> u = f(slot[I]...);
      ((slots_[I][i] = slot[I].value), ...);
      return u;
    }
    (std::make_index_sequence<Links::slots.size()>{});
  }

  template <class F>
  void move(std::size_t i, T lr, F direction) {
    const T step = lr * with_slots(i, direction).value;
    x_[i] = x_[i] - step;
  }

  template <class F>
  void measure(Step& c, F gradient) {
    std::array<std::vector<double>, Links::measures()> chunks;
    for (std::size_t begin = 0; begin < x_.size(); begin += kChunk) {
      std::array<double, Links::measures()> sums;
      lane_sums<Links::measures()>(std::min(kChunk, x_.size() - begin), sums.data(), [&](std::size_t j) {
        const std::size_t i = begin + j;
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
          return Links::measure(c, gradient(i), Real<T>{x_[i]}, Real<T>{slots_[I][i]}...);
        }
        (std::make_index_sequence<Links::slots.size()>{});
      });
      for (std::size_t k = 0; k < sums.size(); ++k) chunks[k].push_back(sums[k]);
    }
    std::array<double, Links::measures()> sums;
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] = tree_sum(chunks[k]);
    Links::conclude(c, sums.data());
  }

  R rule_;
  std::vector<T> x_;
  std::int64_t rows_, t_ = 0;
  std::vector<std::vector<T>> slots_;
  std::vector<double> scalars_;
};

}  // namespace gradus::engine
