#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <tuple>
#include <utility>

#include "gradus/core/chain.hpp"
#include "gradus/engine/contraction.hpp"
#include "gradus/engine/fields.hpp"
#include "gradus/engine/matrix.hpp"
#include "gradus/engine/program.hpp"
#include "gradus/engine/sweep.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus::engine {

/// The rule R with its loops compiled, for each instruction set, where this class is instantiated.
template <Rule R>
class Compiled final : public Program {
#if !defined(__NO_MATH_ERRNO__)  // a sqrt that may set errno keeps every loop from being vectorised
  static_assert(sizeof(R) == 0,
                "compile this rule with the flags of gradus::rules: -O3 -fno-math-errno -ffp-contract=off");
#endif

 public:
  /// Throws Error if a hyperparameter is out of its range.
  explicit Compiled(R rule)
      : rule_(std::move(rule)),
        slots_(slot_infos(Links::slots, state_names_)),
        matrices_(distinct_names(matrices_of<Links>(), state_names_)),
        scalars_(scalar_infos(scalars_of<Links>(), state_names_)),
        shared_(scalar_infos(shared_of<Links>(), state_names_)) {
    refuse_contraction<R>();
    static_assert(Links::slots.size() <= kMostSlots,
                  "a rule, with all its links, takes at most kMostSlots slots");
    static_assert(slots_are_spread<Links>(), "a slot is over elements, rows or columns");
    static_assert(slots_are_taken<Links>(Over::element),
                  "update() takes a slot over elements by V&: what it writes to a copy is lost");
    static_assert(slots_are_taken<Links>(Over::row) && slots_are_taken<Links>(Over::column),
                  "update() takes a slot over rows or columns by V: only conclude() writes it");
    static_assert(sums_are_kept(static_cast<Looks<Links>*>(nullptr)),
                  "a look has at most kMostSums sums, each over rows, columns, the tensor or all");
    static_assert(scalars_of<Links>().size() <= kMostScalars,
                  "a rule, with all its links, keeps at most kMostScalars numbers a parameter");
    static_assert(sizeof(Step) <= kMostCoefficientBytes,
                  "a rule's Step, with those of its links, takes at most kMostCoefficientBytes");
    static_assert(kLooks<Links> <= kMostLooks, "a rule, with all its links, takes at most kMostLooks looks");
    for (const NamedField& field : fields_of(rule_)) check_range(field);
  }

  [[nodiscard]] std::unique_ptr<Program> clone() const override { return std::make_unique<Compiled>(*this); }

  [[nodiscard]] std::string_view name() const override {
    if constexpr (Described<R>) {
      return R::about.name;
    } else {
      static const std::string name = joined_names(kLinks<R>);
      return name;
    }
  }
  [[nodiscard]] std::span<const LinkInfo> links() const override { return kLinks<R>; }

  [[nodiscard]] std::vector<FieldInfo> fields() const override {
    R rule = rule_;
    std::vector<FieldInfo> infos;
    for (const NamedField& f : fields_of(rule))
      infos.push_back({f.name, *f.value, f.value->scheduled(), f.default_value, f.range, f.meaning});
    return infos;
  }

  [[nodiscard]] Hyper get(std::string_view field) const override {
    R rule = rule_;
    return *find_field(fields_of(rule), name(), field).value;
  }
  void set(std::string_view field, const Hyper& value) override {
    set_field(fields_of(rule_), name(), field, value);
  }
  void exchange_fields(Program& other) noexcept override {
    std::swap(rule_, static_cast<Compiled&>(other).rule_);
  }

  void ask_schedules(std::int64_t step) override {
    std::size_t number = 0;
    for_each_field(rule_, [&](const auto& field, Hyper& value) {
      const std::size_t this_number = number++;
      if (!value.scheduled()) return;
      const double answer = value.ask(step);
      if (!field.range.contains(answer)) throw_out_of_range(fields_of(rule_)[this_number], answer, step);
    });
  }
  void take_answers() override {
    for_each_field(rule_, [](const auto&, Hyper& value) { value.take_answer(); });
  }

  [[nodiscard]] double lr() const override { return learning_rate(rule_); }
  [[nodiscard]] const std::vector<SlotInfo>& slots() const override { return slots_; }
  [[nodiscard]] std::vector<double> initial() const override {
    const auto values = initial_of(links_of(rule_));
    return {values.begin(), values.end()};
  }
  [[nodiscard]] const std::vector<ScalarInfo>& scalars() const override { return scalars_; }
  [[nodiscard]] const std::vector<ScalarInfo>& shared() const override { return shared_; }
  [[nodiscard]] SharedBy shared_by() const override { return gradus::shared_by<Links>(); }
  [[nodiscard]] const void* kind() const override { return &kKind<R>; }

  [[nodiscard]] bool needs_gradient_norm() const override { return gradus::needs_gradient_norm<Links>(); }
  [[nodiscard]] bool has_denominator() const override { return !Matrix<Links>; }

  [[nodiscard]] bool has_evaluation_point() const override { return gradus::has_evaluation_point<Links>(); }

  [[nodiscard]] std::span<const std::span<const Over>> looks() const override { return kSums; }

  [[nodiscard]] bool is_matrix() const override { return Matrix<Links>; }

  [[nodiscard]] std::size_t workspace([[maybe_unused]] std::int64_t rows,
                                      [[maybe_unused]] std::int64_t columns) const override {
    if constexpr (Matrix<Links>)
      return workspace_of(links_of(rule_), rows, columns);
    else
      return 0;
  }

  [[nodiscard]] const std::vector<std::string>& matrices() const override { return matrices_; }
  [[nodiscard]] std::vector<MatrixShape> matrix_shapes(std::int64_t rows,
                                                       std::int64_t columns) const override {
    const auto shapes = matrix_shapes_of(links_of(rule_), rows, columns);
    return {shapes.begin(), shapes.end()};
  }

  [[nodiscard]] std::size_t coefficients_size() const override { return sizeof(Step); }

  void at(Now& now, void* coefficients) const override {
    const Step step = links_of(rule_).at(now);
    if constexpr (!std::is_empty_v<Step>) std::memcpy(coefficients, &step, sizeof step);
  }

  void conclude_together([[maybe_unused]] std::size_t look, [[maybe_unused]] const void* coefficients,
                         [[maybe_unused]] const Findings& findings,
                         [[maybe_unused]] std::span<double> shared) const override {
    with_look(look, [&]<class Look>(Look*) {
      if constexpr (requires(const Step& c) { Look::conclude_together(c, findings, shared); })
        Look::conclude_together(step_of(coefficients), findings, shared);
    });
  }

  void conclude([[maybe_unused]] std::size_t look, [[maybe_unused]] void* coefficients,
                [[maybe_unused]] const Findings& findings) const override {
    with_look(look, [&]<class Look>(Look*) {
      Step step = step_of(coefficients);
      Look::conclude(step, findings);
      if constexpr (!std::is_empty_v<Step>) std::memcpy(coefficients, &step, sizeof step);
    });
  }

  void conclude_rows([[maybe_unused]] std::size_t look, [[maybe_unused]] const void* coefficients,
                     [[maybe_unused]] const Findings& findings) const override {
    with_look(look, [&]<class Look>(Look*) {
      Step step = step_of(coefficients);
      Look::conclude(step, findings);
    });
  }

  [[nodiscard]] Kernels kernels(Isa isa, Dtype arithmetic) const override {
    return with_type(arithmetic, [&]<class T>(T) { return kernels_for<T>(isa); });
  }

 private:
  using Links = decltype(links_of(std::declval<const R&>()));
  using Step = typename Links::Step;

  template <class L>
  static consteval bool slots_are_spread() {
    return std::all_of(L::slots.begin(), L::slots.end(), [](const Slot& slot) {
      return slot.over == Over::element || slot.over == Over::row || slot.over == Over::column;
    });
  }
  /// Does update() take the slots over these as it should: by reference those over elements, and no others?
  template <class L>
  static consteval bool slots_are_taken(Over over) {
    if constexpr (kIsChain<L>)
      return slots_are_taken<decltype(L::first)>(over) && slots_are_taken<decltype(L::second)>(over);
    else if constexpr (Matrix<L>)
      return true;
    else
      return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return ((L::slots[I].over != over || takes_copy<L, I>() == (over != Over::element)) && ...);
      }
    (std::make_index_sequence<L::slots.size()>{});
  }
  template <class L, std::size_t slot>
  static consteval bool takes_copy() {
    using V = Real<float>;
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return requires(const typename L::Step& c, V v) {
        L::update(c, v, v, std::declval<std::conditional_t<I == slot, V, V&>>()...);
      };
    }
    (std::make_index_sequence<L::slots.size()>{});
  }
  template <class... Look>
  static consteval bool sums_are_kept(std::tuple<Look...>*) {
    return ((Look::sums.size() <= kMostSums && count_over(Over::element, Look::sums) == 0) && ...);
  }

  static constexpr std::array<std::span<const Over>, kLooks<Links>> kSums =
      []<class... Look>(std::tuple<Look...>*) {
        return std::array<std::span<const Over>, sizeof...(Look)>{std::span<const Over>(Look::sums)...};
      }(static_cast<Looks<Links>*>(nullptr));

  static Step step_of(const void* coefficients) {
    Step step;
    if constexpr (!std::is_empty_v<Step>) std::memcpy(&step, coefficients, sizeof step);
    return step;
  }

  /// Calls f with a null pointer to the look of that number.
  template <class F>
  static void with_look(std::size_t number, F f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      ((number == I ? f(static_cast<std::tuple_element_t<I, Looks<Links>>*>(nullptr)) : void()), ...);
    }
    (std::make_index_sequence<kLooks<Links>>{});
  }

  template <class T>
  static Kernels kernels_for(Isa isa) {
    Kernels k{};
    k.denominators = &denominators<Links, T>;
    if constexpr (Matrix<Links>) {
      k.before = Versions<DirectionBody<Links, Side::before, T>>::template pick<decltype(k.before)>(isa);
      k.transform = &transform<Links, T>;
      k.after = Versions<AfterBody<Links, T>>::template pick<decltype(k.after)>(isa);
      k.direction = Versions<DirectionBody<Links, Side::after, T>>::template pick<decltype(k.direction)>(isa);
      k.slots_before = slots_before_matrix<Links>();
    } else {
      k.update = Versions<UpdateBody<Links, T>>::template pick<decltype(k.update)>(isa);
      k.direction = Versions<DirectionBody<Links, Side::both, T>>::template pick<decltype(k.direction)>(isa);
    }
    if constexpr (gradus::has_evaluation_point<Links>()) k.evaluation_point = &evaluation_points<Links, T>;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      ((k.looks[I] = look_kernels<std::tuple_element_t<I, Looks<Links>>, T>(isa)), ...);
    }
    (std::make_index_sequence<kLooks<Links>>{});
    return k;
  }

  template <class Look, class T>
  static LookKernels look_kernels(Isa isa) {
    LookKernels k{};
    k.measure = Versions<MeasureBody<Links, Look, T>>::template pick<decltype(k.measure)>(isa);
    if constexpr (count_over(Over::row, Look::sums) > 0)
      k.rows = Versions<AccumulateBody<Links, Look, T, Over::row>>::template pick<decltype(k.rows)>(isa);
    if constexpr (count_over(Over::column, Look::sums) > 0)
      k.columns =
          Versions<AccumulateBody<Links, Look, T, Over::column>>::template pick<decltype(k.columns)>(isa);
    return k;
  }

  R rule_;
  std::vector<std::string> state_names_;  // of all that follows, distinct
  std::vector<SlotInfo> slots_;
  std::vector<std::string> matrices_;
  std::vector<ScalarInfo> scalars_, shared_;
};

/// A user's own rule is compiled where it is used; a built-in one was compiled with the library.
template <Rule R>
std::unique_ptr<Program> compile(R rule) {
  if constexpr (Precompiled<R>)
    return compile_builtin(std::move(rule));
  else
    return std::make_unique<Compiled<R>>(std::move(rule));
}

}  // namespace gradus::engine
