// A formula as a rule: the engine's kernels of it run its plan.

#include "gradus/engine/program.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>

#include "core/interned.hpp"
#include "formula/plan.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/core/number_text.hpp"
#include "gradus/core/real.hpp"
#include "gradus/formula.hpp"
#include "gradus/registry.hpp"

namespace gradus {

namespace {

using engine::Kernels;
using engine::Sweep;
using formula::Code;
using formula::Instruction;
using formula::kTile;
using formula::Place;
using formula::Plan;
using formula::Sum;

constexpr std::size_t kMostScratch = 24;  // registers
constexpr std::size_t kMostSums = (engine::kMostCoefficientBytes - sizeof(void*)) / sizeof(double);

/// All that rules of one formula share; what is computed with them points at it.
struct Shared {
  std::string name;
  Code code;
  Plan plan;
  std::vector<std::string_view> field_names;
  engine::LinkInfo link;
  std::vector<engine::SlotInfo> slots;
  std::vector<engine::ScalarInfo> scalars;
};

/// What at() makes, and kernels read.
struct Step {
  const Shared* shared;
  std::array<double, kMostSums> numbers;
};

double computed(const Sum& sum, const std::array<double, kMostSums>& numbers, const Now& now,
                const std::vector<Hyper>& fields) {
  const double a = numbers[std::min(sum.a, kMostSums - 1)], b = numbers[std::min(sum.b, kMostSums - 1)];
  switch (sum.op) {
    case Sum::Op::constant:
      return sum.value;
    case Sum::Op::field:
      return fields[sum.a];
    case Sum::Op::steps:
      return static_cast<double>(now.t);
    case Sum::Op::product:
      return now.scalars[sum.a];
    case Sum::Op::add:
      return a + b;
    case Sum::Op::subtract:
      return a - b;
    case Sum::Op::multiply:
      return a * b;
    case Sum::Op::divide:
      return a / b;
    case Sum::Op::negate:
      return -a;
    case Sum::Op::root:
      return sqrt(Real<double>{a}).value;
    case Sum::Op::magnitude:
      return std::abs(a);
  }
  return 0;
}

/// A tile of one parameter, at work.
template <class T, Isa isa>
class Tile {
 public:
  Tile(const Shared& shared, const double* numbers) : shared_(shared), numbers_(numbers) {}

  void compute(const Sweep& sweep, std::size_t n, T* x, const T* g, T* const* slots) {
    apply(formula::Kernel::multiply_number, n, {gradient_, g, nullptr, nullptr, sweep.gain, 0});
    x_ = x;
    slots_ = slots;
    for (const Instruction& i : shared_.plan.instructions)
      apply(i.kernel, n, {at(i.out), at(i.a), at(i.b), at(i.c), numbers_[i.k], numbers_[i.l]});
  }
  void move(const Sweep& sweep, std::size_t n) {
    apply(formula::Kernel::move, n, {x_, x_, direction(), nullptr, sweep.lr, 0});
  }
  const T* direction() { return at(shared_.plan.direction); }

 private:
  static void apply(formula::Kernel kernel, std::size_t n, const formula::Arguments& arguments) {
    static const std::array<formula::Operation, 32> operations = [] {
      std::array<formula::Operation, 32> all{};
      for (std::size_t i = 0; i <= static_cast<std::size_t>(formula::Kernel::move); ++i)
        all[i] = formula::operation(static_cast<formula::Kernel>(i), isa, kDtypeOf<T>);
      return all;
    }();
    operations[static_cast<std::size_t>(kernel)](n, arguments);
  }

  T* at(Place place) {
    switch (place.where) {
      case Place::Where::gradient:
        return gradient_;
      case Place::Where::parameter:
        return x_;
      case Place::Where::slot:
        return slots_[place.number];
      case Place::Where::scratch:
        return scratch_[place.number];
    }
    return nullptr;
  }

  const Shared& shared_;
  const double* numbers_;
  T* x_ = nullptr;
  T* const* slots_ = nullptr;
  alignas(64) T gradient_[kTile];
  alignas(64) T scratch_[kMostScratch][kTile];
};

/// Calls f(tile, where it begins, its elements) for each tile, computed.
template <class T, Isa isa, class F>
void in_tiles(const Sweep& sweep, std::size_t n, T* x, const void* g, void* const* slots, F f) {
  const Shared* shared = nullptr;
  std::memcpy(&shared, sweep.coefficients, sizeof(void*));
  const auto* const numbers = reinterpret_cast<const double*>(
      static_cast<const std::byte*>(sweep.coefficients) + offsetof(Step, numbers));
  Tile<T, isa> tile(*shared, numbers);
  std::array<T*, engine::kMostSlots> its{};
  for (std::size_t begin = 0; begin < n; begin += kTile) {
    const std::size_t count = std::min(kTile, n - begin);
    for (std::size_t i = 0; i < shared->slots.size(); ++i) its[i] = static_cast<T*>(slots[i]) + begin;
    tile.compute(sweep, count, x + begin, static_cast<const T*>(g) + begin, its.data());
    f(tile, begin, count);
  }
}

template <class T, Isa isa>
void update(const Sweep& sweep, std::size_t n, void* x, const void* g, void* const* slots) {
  in_tiles<T, isa>(sweep, n, static_cast<T*>(x), g, slots,
                   [&](Tile<T, isa>& tile, std::size_t, std::size_t count) { tile.move(sweep, count); });
}

template <class T, Isa isa>
void direction(const Sweep& sweep, std::size_t n, const void* x, const void* g, void* const* slots, void* u) {
  auto* const only_read = const_cast<T*>(static_cast<const T*>(x));  // a formula cannot assign to x
  in_tiles<T, isa>(sweep, n, only_read, g, slots,
                   [&](Tile<T, isa>& tile, std::size_t begin, std::size_t count) {
                     std::copy_n(tile.direction(), count, static_cast<T*>(u) + begin);
                   });
}

template <class T>
Kernels kernels_for(Isa isa) {
  Kernels kernels{};
  kernels.update = isa == Isa::avx512 ? &update<T, Isa::avx512>
                   : isa == Isa::avx2 ? &update<T, Isa::avx2>
                                      : &update<T, Isa::baseline>;
  kernels.direction = isa == Isa::avx512 ? &direction<T, Isa::avx512>
                      : isa == Isa::avx2 ? &direction<T, Isa::avx2>
                                         : &direction<T, Isa::baseline>;
  return kernels;
}

constexpr Range kAnyNumber{.low = -kLargest, .high = kLargest};

class Interpreted final : public engine::Program {
 public:
  Interpreted(std::shared_ptr<const Shared> shared, std::vector<Hyper> values)
      : shared_(std::move(shared)), values_(std::move(values)) {
    for (const Hyper& value : values_) defaults_.push_back(value);
  }

  [[nodiscard]] std::unique_ptr<Program> clone() const override {
    return std::make_unique<Interpreted>(*this);
  }
  [[nodiscard]] std::string_view name() const override { return shared_->name; }
  [[nodiscard]] std::span<const engine::LinkInfo> links() const override { return {&shared_->link, 1}; }

  [[nodiscard]] std::vector<FieldInfo> fields() const override {
    std::vector<FieldInfo> infos;
    for (std::size_t i = 0; i < values_.size(); ++i)
      infos.push_back(
          {shared_->code.fields[i], values_[i], values_[i].scheduled(), defaults_[i], kAnyNumber, ""});
    return infos;
  }
  [[nodiscard]] Hyper get(std::string_view field) const override { return values_[number_of(field)]; }
  void set(std::string_view field, const Hyper& value) override {
    check(field, value);
    values_[number_of(field)] = value;
  }
  void exchange_fields(Program& other) noexcept override {
    std::swap(values_, static_cast<Interpreted&>(other).values_);
  }
  void ask_schedules(std::int64_t step) override {
    for (std::size_t i = 0; i < values_.size(); ++i)
      if (values_[i].scheduled()) check(shared_->code.fields[i], values_[i].ask(step));
  }
  void take_answers() override {
    for (Hyper& value : values_) value.take_answer();
  }
  [[nodiscard]] double lr() const override {
    for (std::size_t i = 0; i < values_.size(); ++i)
      if (shared_->code.fields[i] == "lr") return values_[i];
    return 1;
  }

  [[nodiscard]] const std::vector<engine::SlotInfo>& slots() const override { return shared_->slots; }
  [[nodiscard]] std::vector<double> initial() const override {
    return std::vector<double>(shared_->slots.size());
  }
  [[nodiscard]] const std::vector<engine::ScalarInfo>& scalars() const override { return shared_->scalars; }
  [[nodiscard]] const std::vector<engine::ScalarInfo>& shared() const override { return none_; }
  [[nodiscard]] SharedBy shared_by() const override { return SharedBy::group; }
  [[nodiscard]] const void* kind() const override { return shared_.get(); }
  [[nodiscard]] bool needs_gradient_norm() const override { return false; }
  [[nodiscard]] bool has_denominator() const override { return false; }
  [[nodiscard]] bool has_evaluation_point() const override { return false; }
  [[nodiscard]] std::span<const std::span<const Over>> looks() const override { return {}; }
  [[nodiscard]] bool is_matrix() const override { return false; }
  [[nodiscard]] std::size_t workspace(std::int64_t, std::int64_t) const override { return 0; }
  [[nodiscard]] const std::vector<std::string>& matrices() const override { return no_names_; }
  [[nodiscard]] std::vector<MatrixShape> matrix_shapes(std::int64_t, std::int64_t) const override {
    return {};
  }

  [[nodiscard]] std::size_t coefficients_size() const override {
    return offsetof(Step, numbers) + shared_->code.sums.size() * sizeof(double);
  }
  void at(Now& now, void* coefficients) const override {
    Step step{shared_.get(), {}};
    for (std::size_t i = 0; i < shared_->code.products.size(); ++i)
      now.scalars[i] *= values_[shared_->code.products[i]];
    const std::vector<Sum>& sums = shared_->code.sums;
    for (std::size_t i = 0; i < sums.size(); ++i)
      step.numbers[i] = computed(sums[i], step.numbers, now, values_);
    std::memcpy(coefficients, &step, coefficients_size());
  }
  void conclude_together(std::size_t, const void*, const Findings&, std::span<double>) const override {}
  void conclude(std::size_t, void*, const Findings&) const override {}
  void conclude_rows(std::size_t, const void*, const Findings&) const override {}
  [[nodiscard]] Kernels kernels(Isa isa, Dtype arithmetic) const override {
    return with_type(arithmetic, [&]<class T>(T) { return kernels_for<T>(isa); });
  }

 private:
  [[nodiscard]] std::size_t number_of(std::string_view field) const {
    const std::vector<std::string>& names = shared_->code.fields;
    const auto found = std::find(names.begin(), names.end(), field);
    if (found == names.end())
      throw Error(shared_->name + " has no field '" + std::string(field) +
                  "'; it has: " + (names.empty() ? "none" : listed(names)));
    return static_cast<std::size_t>(found - names.begin());
  }
  static void check(std::string_view field, double value) {
    if (!kAnyNumber.contains(value))
      throw Error(std::string(field) + " is " + number_text(value) + "; it must lie in " + kAnyNumber.text());
  }

  std::shared_ptr<const Shared> shared_;
  std::vector<Hyper> values_;
  std::vector<double> defaults_;
  static inline const std::vector<engine::ScalarInfo> none_{};
  static inline const std::vector<std::string> no_names_{};
};

void check_size(const Code& code, const Plan& plan) {
  const auto most = [](const char* what, std::size_t count, std::size_t limit) {
    if (count > limit)
      throw Error("formula: it needs " + std::to_string(count) + " " + what + "; there may be " +
                  std::to_string(limit));
  };
  most("arrays that are kept", code.kept.size(), engine::kMostSlots);
  most("powers with t", code.products.size(), engine::kMostScalars);
  most("numbers a step", code.sums.size(), kMostSums);
  most("values at a time", plan.scratch, kMostScratch);
}

std::unique_ptr<Shared> shared_of(const std::string& name, std::string_view text,
                                  const std::vector<std::string>& fields) {
  auto shared = std::make_unique<Shared>();
  shared->name = name.empty() ? "formula" : name;
  shared->code = formula::parse(text, fields);
  shared->plan = formula::plan(shared->code);
  check_size(shared->code, shared->plan);
  for (const std::string& field : shared->code.fields) shared->field_names.push_back(field);
  shared->link = {shared->name, !name.empty(), shared->field_names, shared.get()};
  for (const formula::Kept& kept : shared->code.kept)
    shared->slots.push_back({kept.name, Values::any, Over::element});
  for (const std::size_t field : shared->code.products)
    shared->scalars.push_back({shared->code.fields[field] + "_product", 1});
  return shared;
}

/// One for all rules of a name, text and fields: they are of one kind.
std::shared_ptr<const Shared> interned(const std::string& name, std::string_view text,
                                       const std::vector<std::string>& fields) {
  static Interned<std::vector<std::string>, Shared> all;
  std::vector<std::string> key{name, std::string(text)};
  key.insert(key.end(), fields.begin(), fields.end());
  return all.of(std::move(key), [&] { return shared_of(name, text, fields); });
}

}  // namespace

AnyRule formula_rule(const std::string& name, std::string_view formula, const std::vector<Setting>& fields) {
  std::vector<std::string> names;
  std::vector<Hyper> values;
  for (const Setting& field : fields) {
    if (std::find(names.begin(), names.end(), field.name) != names.end())
      throw Error("formula: the field '" + field.name + "' is given twice");
    names.push_back(field.name);
    values.push_back(field.value);
  }
  AnyRule rule(std::make_unique<Interpreted>(interned(name, formula, names), values));
  for (std::size_t i = 0; i < names.size(); ++i)
    rule.set(names[i], values[i]);  // throws if it is out of range
  if (!name.empty()) register_rule(rule);
  return rule;
}

}  // namespace gradus
