#pragma once

#include <cstring>
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
  explicit Compiled(R rule) : rule_(std::move(rule)), slot_names_(distinct_names(Links::slots)) {
    refuse_contraction<R>();
    static_assert(Links::slots.size() <= kMostSlots,
                  "a rule, with all its links, takes at most kMostSlots slots");
    for (const NamedField& field : fields_of(rule_)) check_range(field);
  }

  [[nodiscard]] std::unique_ptr<Program> clone() const override { return std::make_unique<Compiled>(*this); }

  [[nodiscard]] std::string_view name() const override {
    if constexpr (requires { R::about; })
      return R::about.name;
    else
      return "a rule without a name";
  }

  [[nodiscard]] std::vector<FieldInfo> fields() const override {
    R rule = rule_;
    std::vector<FieldInfo> infos;
    for (const NamedField& f : fields_of(rule))
      infos.push_back({f.name, *f.value, f.value->scheduled(), f.default_value, f.range, f.meaning});
    return infos;
  }

  void set(std::string_view field, const Hyper& value) override {
    set_field(fields_of(rule_), name(), field, value);
  }

  void ask_schedules(std::int64_t step) override {
    for_each_field(rule_, [&](const auto& field, Hyper& value) {
      if (!value.scheduled()) return;
      const double answer = value.ask(step);
      if (!field.range.contains(answer)) throw_out_of_range(field.name, answer, field.range, step);
    });
  }
  void take_answers() override {
    for_each_field(rule_, [](const auto&, Hyper& value) { value.take_answer(); });
  }

  [[nodiscard]] double lr() const override { return learning_rate(rule_); }
  [[nodiscard]] std::vector<std::string> slots() const override { return slot_names_; }

  [[nodiscard]] std::vector<double> initial() const override {
    const auto values = initial_of(links_of(rule_));
    return {values.begin(), values.end()};
  }

  [[nodiscard]] std::vector<Scalar> scalars() const override {
    const auto all = scalars_of<Links>();
    return {all.begin(), all.end()};
  }

  [[nodiscard]] bool needs_gradient_norm() const override { return gradus::needs_gradient_norm<Links>(); }
  [[nodiscard]] bool has_denominator() const override { return !Matrix<Links>; }

  [[nodiscard]] std::size_t measures() const override {
    if constexpr (Measured<Links>)
      return Links::measures();
    else
      return 0;
  }

  [[nodiscard]] bool is_matrix() const override { return Matrix<Links>; }

  [[nodiscard]] std::size_t workspace([[maybe_unused]] std::int64_t rows,
                                      [[maybe_unused]] std::int64_t columns) const override {
    if constexpr (Matrix<Links>)
      return workspace_of<Links>(rows, columns);
    else
      return 0;
  }

  [[nodiscard]] std::size_t coefficients_size() const override { return sizeof(Step); }

  void at(Now& now, void* coefficients) const override {
    const Step step = links_of(rule_).at(now);
    if constexpr (!std::is_empty_v<Step>) std::memcpy(coefficients, &step, sizeof step);
  }

  void conclude([[maybe_unused]] void* coefficients, [[maybe_unused]] const double* sums) const override {
    if constexpr (Measured<Links>) {
      Step step;
      std::memcpy(&step, coefficients, sizeof step);
      Links::conclude(step, sums);
      std::memcpy(coefficients, &step, sizeof step);
    }
  }

  [[nodiscard]] Kernels kernels(Isa isa, Dtype dtype) const override {
    return with_type(dtype, [&]<class T>(T) { return kernels_for<T>(isa); });
  }

 private:
  using Links = decltype(links_of(std::declval<const R&>()));
  using Step = typename Links::Step;

  template <class T>
  static Kernels kernels_for(Isa isa) {
    Kernels k{};
    k.denominators = &denominators<Links, T>;
    if constexpr (Matrix<Links>) {
      k.before = Versions<BeforeBody<Links, T>>::template pick<decltype(k.before)>(isa);
      k.transform = &transform<Links, T>;
      k.after = Versions<AfterBody<Links, T>>::template pick<decltype(k.after)>(isa);
    } else {
      k.update = Versions<UpdateBody<Links, T>>::template pick<decltype(k.update)>(isa);
    }
    if constexpr (Measured<Links>)
      k.measure = Versions<MeasureBody<Links, T>>::template pick<decltype(k.measure)>(isa);
    return k;
  }

  R rule_;
  std::vector<std::string> slot_names_;
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
