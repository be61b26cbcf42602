#pragma once

// A rule as plainly as it can be run: one element after the other, no chunks, no tiles, no threads, no
// vectors, no type erasure. Slow, and kept for ever: what every fast path is compared with, bit for bit. (The
// products of a matrix rule are the engine's; tests/engine/matrix_test.cpp has plain ones. What is shared is
// shared with no other parameter.)

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
    const auto initial = initial_of(links_of(rule_));
    for (std::size_t s = 0; s < initial.size(); ++s)
      slots_.emplace_back(count_over(Links::slots[s].over), static_cast<T>(initial[s]));
    if constexpr (Matrix<Links>) workspace_.resize(workspace_of(links_of(rule_), rows_, columns()));
    for (const MatrixShape shape : matrix_shapes_of(links_of(rule_), rows_, columns())) {
      matrices_.emplace_back(static_cast<std::size_t>(shape.rows * shape.columns));
      kept_.push_back({shape, matrices_.back().data()});
    }
    for (const Scalar& scalar : scalars_of<Links>()) scalars_.push_back(scalar.initial);
    for (const Scalar& number : shared_of<Links>()) shared_.push_back(number.initial);
  }

  /// What the next step begins with. It may be changed to what is left of it where it is kept in fewer bits.
  [[nodiscard]] std::vector<T>& x() { return x_; }
  /// Slots, then matrices; likewise.
  [[nodiscard]] std::vector<T>& slot(std::size_t i) {
    return i < slots_.size() ? slots_[i] : matrices_[i - slots_.size()];
  }

  /// `steps` is what schedules are asked with; the rule sees gain * g.
  void step(std::span<const T> g, std::int64_t steps, double gradient_norm, double gain = 1) {
    for_each_field(rule_, [&](const auto&, Hyper& value) {
      value.ask(steps);
      value.take_answer();
    });
    ++t_;
    Now now{t_, gradient_norm, Matrix<Links> ? rows_ : 0, Matrix<Links> ? columns() : 0, scalars_, shared_};
    Step c = links_of(rule_).at(now);
    const T lr = static_cast<T>(learning_rate(rule_)), factor = static_cast<T>(gain);
    const auto gradient = [&](std::size_t i) { return Real<T>{factor * g[i]}; };

    take_looks(c, gradient, static_cast<Looks<Links>*>(nullptr));
    if constexpr (Matrix<Links>) {
      std::vector<T> u(x_.size());
      for (std::size_t i = 0; i < u.size(); ++i)
        u[i] = with_slots(i, [&](auto&... s) {
                 return Links::before(c, gradient(i), Real<T>{x_[i]}, s...);
               }).value;
      Crew alone(nullptr);
      transform<Links, T>(&c, Isa::baseline, alone, {rows_, columns()}, u.data(), kept_, workspace_.data(),
                          workspace_.size());
      for (std::size_t i = 0; i < u.size(); ++i)
        move(i, lr, [&](auto&... s) { return Links::after(c, Real<T>{u[i]}, Real<T>{x_[i]}, s...); });
    } else {
      for (std::size_t i = 0; i < x_.size(); ++i)
        move(i, lr, [&](auto&... s) { return Links::update(c, gradient(i), Real<T>{x_[i]}, s...); });
    }
    if (t_ % kFlushSteps == 0)
      for (auto* arrays : {&slots_, &matrices_})
        for (std::vector<T>& array : *arrays)
          for (T& number : array) number = flushed(Real<T>{number}).value;
  }

 private:
  using Links = decltype(links_of(std::declval<const R&>()));
  using Step = typename Links::Step;

  /// Calls f with the element i of each slot, and keeps what f makes of them.
  template <class F>
  Real<T> with_slots(std::size_t i, F f) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      std::array<Real<T>, sizeof...(I)> slot{Real<T>{slots_[I][place(Links::slots[I].over, i)]}...};
      const Real<T> u = f(slot[I]...);
      ((Links::slots[I].over == Over::element ? void(slots_[I][i] = slot[I].value) : void()), ...);
      return u;
    }
    (std::make_index_sequence<Links::slots.size()>{});
  }

  template <class F>
  void move(std::size_t i, T lr, F direction) {
    const T step = lr * with_slots(i, direction).value;
    x_[i] = x_[i] - step;
  }

  // Looks

  template <class F, class... Look>
  void take_looks([[maybe_unused]] Step& c, [[maybe_unused]] F gradient, std::tuple<Look...>*) {
    (take_look<Look>(c, gradient), ...);
  }

  template <class Look, class F>
  void take_look(Step& c, F gradient) {
    constexpr std::size_t kSums = Look::sums.size();
    std::array<std::vector<double>, kSums> terms, sums;
    for (std::size_t i = 0; i < x_.size(); ++i) [&]<std::size_t... I>(std::index_sequence<I...>) {
        const auto v = Look::measure(c, gradient(i), Real<T>{x_[i]},
                                     Real<T>{slots_[I][place(Links::slots[I].over, i)]}...);
        for (std::size_t k = 0; k < kSums; ++k) terms[k].push_back(v[k].value);
      }
    (std::make_index_sequence<Links::slots.size()>{});
    const bool by_rows = columns() > 1 && std::any_of(Look::sums.begin(), Look::sums.end(), [](Over over) {
                           return over == Over::row || over == Over::column;
                         });
    for (std::size_t k = 0; k < kSums; ++k) sums[k] = sums_over(Look::sums[k], by_rows, terms[k]);
    conclude<Look>(c, sums);
  }

  template <class Look, class Sums>
  void conclude(Step& c, const Sums& sums) {
    std::vector<std::span<const double>> views(sums.begin(), sums.end());
    std::vector<Numbers> numbers;
    for (std::size_t s = 0; s < slots_.size(); ++s)
      if (Links::slots[s].over != Over::element) numbers.emplace_back(std::span<T>(slots_[s]));
    const Findings findings{views, rows_, columns(), numbers, scalars_, shared_};
    if constexpr (requires { Look::conclude_together(c, findings, shared_); })
      Look::conclude_together(c, findings, shared_);
    Look::conclude(c, findings);
  }

  /// As engine/tree_sum.hpp and src/engine/measurements.hpp say.
  [[nodiscard]] std::vector<double> sums_over(Over over, bool by_rows,
                                              const std::vector<double>& terms) const {
    const auto width = static_cast<std::size_t>(columns());
    std::vector<double> rows;
    for (std::size_t r = 0; r * width < terms.size(); ++r)
      rows.push_back(sum_of(std::span(terms).subspan(r * width, width)));
    if (over == Over::row) return rows;
    if (over == Over::column && by_rows) {
      std::vector<double> columns;
      for (std::size_t i = 0; i < width; ++i) columns.push_back(sum_of_column(terms, i, width));
      return columns;
    }
    if (!by_rows) return {sum_of(terms)};
    TreeSum tree;
    for (const double row : rows) tree.add(row);
    return {tree.total()};
  }

  static double sum_of(std::span<const double> terms) {
    double sum = 0;
    position_sums<1>(terms.size(), &sum, [&](std::size_t i) { return std::array{Real<double>{terms[i]}}; });
    return sum;
  }

  static double sum_of_column(const std::vector<double>& terms, std::size_t column, std::size_t width) {
    constexpr std::size_t kBlockRows = 64;
    TreeSum tree;
    for (std::size_t begin = column; begin < terms.size(); begin += kBlockRows * width) {
      double block = 0;
      for (std::size_t i = begin; i < std::min(begin + kBlockRows * width, terms.size()); i += width)
        block += terms[i];
      tree.add(block);
    }
    return tree.total();
  }

  // Rows and columns

  [[nodiscard]] std::int64_t columns() const {
    return rows_ > 0 ? static_cast<std::int64_t>(x_.size()) / rows_ : 0;
  }
  [[nodiscard]] std::size_t count_over(Over over) const {
    if (over == Over::row) return static_cast<std::size_t>(rows_);
    return over == Over::column ? static_cast<std::size_t>(columns()) : x_.size();
  }
  [[nodiscard]] std::size_t place(Over over, std::size_t i) const {
    if (over == Over::row) return i / static_cast<std::size_t>(columns());
    return over == Over::column ? i % static_cast<std::size_t>(columns()) : i;
  }

  R rule_;
  std::vector<T> x_;
  std::int64_t rows_, t_ = 0;
  std::vector<std::vector<T>> slots_;
  std::vector<std::vector<T>> matrices_;
  std::vector<T> workspace_;
  std::vector<KeptMatrix> kept_;
  std::vector<double> scalars_, shared_;
};

}  // namespace gradus::engine
