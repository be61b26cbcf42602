#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unordered_map.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <unordered_map>
#include <utility>

#include "arrays.hpp"
#include "gradus/checkpoint/checkpoint.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/shape_text.hpp"
#include "hyper.hpp"
#include "module.hpp"
#include "options.hpp"
#include "restore.hpp"
#include "rules.hpp"
#include "turn.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace gradus::python {

namespace {

using NameOrId = std::variant<std::string, std::size_t>;
using Overrides = std::unordered_map<std::string, Given>;

constexpr const char* kStatuses[] = {"applied", "skipped", "failed"};

/// An optimizer over arrays of Python. These stay alive as long as it borrows them; calls take turns.
class ArrayOptimizer {
 public:
  ArrayOptimizer(const RuleObject& rule, OptimizerOptions options)
      : core_(std::make_unique<Optimizer>(rule.rule, std::move(options))) {}

  std::size_t add(const std::string& name, nb::handle x, nb::handle g, std::size_t group) {
    const Turn turn(busy_);
    Array parameter = array_of("parameter '" + name + "'", x, Access::write);
    Array gradient = gradient_of(name, g);
    held_.push_back({parameter, gradient, {}});
    try {
      check_same_shape(name, parameter, gradient);
      return static_cast<std::size_t>(
          core_->add(name, parameter.shape, parameter.elements(), gradient.const_elements(), GroupId{group}));
    } catch (...) {
      held_.pop_back();
      throw;
    }
  }

  void set_gradient(const NameOrId& which, nb::handle g) {
    const Turn turn(busy_);
    const ParameterId id = find(which);
    Held& held = held_[static_cast<std::size_t>(id)];
    if (g.is_none()) {
      core_->clear_gradient(id);
      held.gradient = {};
      return;
    }
    Array gradient = gradient_of(core_->name(id), g);
    check_same_shape(core_->name(id), held.parameter, gradient);
    core_->rebind(id, held.parameter.elements(), gradient.const_elements());
    held.gradient = std::move(gradient);
  }

  void set_gradient_rows(const NameOrId& which, nb::handle rows, nb::handle values) {
    const Turn turn(busy_);
    const ParameterId id = find(which);
    Held& held = held_[static_cast<std::size_t>(id)];
    const std::string whose = "of the gradient of parameter '" + core_->name(id) + "'";
    RowNumbers numbers = row_numbers_of("the rows " + whose, rows);
    Array gradient = array_of("the values " + whose, values, Access::read);
    SparseRows sparse;
    sparse.rows = BorrowedRows(numbers.numbers);
    sparse.values = gradient.const_elements();
    core_->set_gradient(id, sparse);
    held.gradient = std::move(gradient);
    held.rows = std::move(numbers);
  }

  StepReport step(double loss_scale) {
    const Turn turn(busy_);
    const nb::gil_scoped_release others_may_run;
    return core_->step({.loss_scale = loss_scale});
  }

  std::size_t add_group(const std::variant<RuleObject, Overrides>& rule) {
    const Turn turn(busy_);
    if (const RuleObject* whole = std::get_if<RuleObject>(&rule))
      return static_cast<std::size_t>(core_->add_group(whole->rule));
    std::vector<Setting> settings;
    for (const auto& [field, given] : std::get<Overrides>(rule))
      settings.emplace_back(field, hyper_of(field, given.value));
    return static_cast<std::size_t>(core_->add_group(settings));
  }

  void set(const std::string& field, const Given& given, std::size_t group) {
    const Turn turn(busy_);
    core_->set(GroupId{group}, field, hyper_of(field, given.value));
  }

  RuleObject rule(std::size_t group) {
    const Turn turn(busy_);
    return {core_->rule(GroupId{group})};
  }

  nb::dict state(const NameOrId& which) {
    const Turn turn(busy_);
    const ParameterId id = find(which);
    nb::dict state;
    for (const std::string& slot : core_->slots(id)) state[slot.c_str()] = shown(core_->state(id, slot));
    return state;
  }

  void restore(std::int64_t steps, const std::vector<GivenState>& given) {
    const Turn turn(busy_);
    python::restore(*core_, steps, given);
  }

  std::int64_t steps_of(const NameOrId& which) {
    const Turn turn(busy_);
    return core_->steps(find(which));
  }

  nb::object effective_lr(const NameOrId& which) {
    const Turn turn(busy_);
    const ParameterId id = find(which);
    const std::vector<double> rates = core_->effective_lr(id);
    if (rates.empty()) return nb::none();
    return new_array<double>(core_->shape(id), rates);
  }

  void save(const std::filesystem::path& file) {
    const Turn turn(busy_);
    const nb::gil_scoped_release others_may_run;
    checkpoint::save(*core_, file);
  }
  void load(const std::filesystem::path& file, bool parameters, bool hyperparameters, bool any_origin) {
    const Turn turn(busy_);
    const nb::gil_scoped_release others_may_run;
    checkpoint::load(*core_, file,
                     {.parameters = parameters,
                      .hyperparameters = hyperparameters,
                      .record = any_origin ? checkpoint::Record::optional : checkpoint::Record::required});
  }

  void catch_up() {
    const Turn turn(busy_);
    const nb::gil_scoped_release others_may_run;
    core_->catch_up();
  }
  void evaluate() {
    const Turn turn(busy_);
    core_->evaluate();
  }
  void train() {
    const Turn turn(busy_);
    core_->train();
  }
  bool evaluating() {
    const Turn turn(busy_);
    return core_->evaluating();
  }

  std::int64_t steps() {
    const Turn turn(busy_);
    return core_->steps();
  }
  std::int64_t skipped() {
    const Turn turn(busy_);
    return core_->skipped();
  }
  std::vector<std::string> names() {
    const Turn turn(busy_);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < core_->size(); ++i) names.push_back(core_->name(ParameterId{i}));
    return names;
  }

 private:
  struct Held {
    Array parameter, gradient;
    RowNumbers rows;
  };

  [[nodiscard]] ParameterId find(const NameOrId& which) const {
    if (const std::string* name = std::get_if<std::string>(&which)) return core_->find(*name);
    const ParameterId id{std::get<std::size_t>(which)};
    (void)core_->name(id);  // throws if there is none
    return id;
  }

  static Array gradient_of(const std::string& name, nb::handle g) {
    return g.is_none() ? Array{} : array_of("the gradient of parameter '" + name + "'", g, Access::read);
  }

  static void check_same_shape(const std::string& name, const Array& parameter, const Array& gradient) {
    if (gradient.data == nullptr || gradient.shape == parameter.shape) return;
    throw Error("the gradient of parameter '" + name + "' has shape " + shape_text(gradient.shape) +
                ", the parameter " + shape_text(parameter.shape));
  }

  /// In the type that it is kept in where NumPy has that; otherwise decoded.
  static nb::object shown(const StateView& view) {
    if (view.dtype == Dtype::f32) return new_array<float>(view.shape, view.as<float>());
    const std::vector<double> numbers = view.decode();
    if (view.shape.empty()) return nb::float_(numbers.front());
    if (view.dtype == Dtype::f64) return new_array<double>(view.shape, numbers);
    return new_array<float>(view.shape, std::vector<float>(numbers.begin(), numbers.end()));
  }

  std::vector<Held> held_;
  std::unique_ptr<Optimizer> core_;
  Busy busy_;
};

void define_report(nb::module_& module) {
  nb::class_<StepReport>(module, "StepReport", "What became of a step; true if it was applied.")
      .def_prop_ro(
          "status", [](const StepReport& r) { return kStatuses[static_cast<int>(r.status)]; },
          "'applied', 'skipped' for what the gradients held, or 'failed' for what a schedule gave")
      .def_ro("gradient_norm", &StepReport::gradient_norm, "over all gradients; NaN unless a rule needs it")
      .def_ro("non_finite", &StepReport::non_finite,
              "parameters whose gradient was not finite; the first ten")
      .def_ro("overflowing", &StepReport::overflowing, "those whose gradient's square was not; the first ten")
      .def_ro("message", &StepReport::message, "why nothing changed; empty if applied")
      .def("__bool__", [](const StepReport& r) { return r.status == Status::applied; })
      .def("__repr__", [](const StepReport& r) {
        return std::string("<StepReport ") + kStatuses[static_cast<int>(r.status)] +
               (r.message.empty() ? "" : ": " + r.message) + ">";
      });
}

}  // namespace

void define_optimizer(nb::module_& module) {
  define_report(module);
  nb::class_<ArrayOptimizer>(
      module, "Optimizer",
      "Moves arrays, which stay the caller's, by a rule. A step is a transaction: unless its "
      "report is true, nothing changed.")
      .def(
          "__init__",
          [](ArrayOptimizer* self, nb::handle rule, const std::string& non_finite,
             const std::string& overflow, std::int64_t abort_after, bool maximize,
             std::optional<std::int64_t> threads, const std::string& state_dtype, const std::string& rounding,
             const std::string& parameter_rounding, bool keep_low_half, std::int64_t from_size,
             const std::string& row_steps, std::uint64_t seed) {
            new (self) ArrayOptimizer(
                rule_from("Optimizer()", rule),
                options_of({non_finite, overflow, abort_after, maximize, threads, state_dtype, rounding,
                            parameter_rounding, keep_low_half, from_size, row_steps, seed}));
          },
          "rule"_a, nb::kw_only(), "non_finite"_a = "skip", "overflow"_a = "report", "abort_after"_a = 0,
          "maximize"_a = false, "threads"_a = nb::none(), "state_dtype"_a = "plain",
          "rounding"_a = "stochastic", "parameter_rounding"_a = "nearest", "keep_low_half"_a = false,
          "from_size"_a = 4096, "row_steps"_a = "shared", "seed"_a = 0,
          nb::sig(
              "def __init__(self, rule: Rule, *, non_finite: str = 'skip', overflow: str = 'report', "
              "abort_after: int = 0, maximize: bool = False, threads: int | None = None, state_dtype: str "
              "= 'plain', rounding: str = 'stochastic', parameter_rounding: str = 'nearest', "
              "keep_low_half: bool = False, from_size: int = 4096, row_steps: str = 'shared', "
              "seed: int = 0) -> None"),
          "non_finite: 'skip', 'raise' or 'propagate'; overflow: 'report' or 'skip'; abort_after: steps "
          "skipped in "
          "a row that are an Error (0: any number); threads: of a step (None: one for each CPU); "
          "state_dtype: "
          "'plain', 'f32', 'f64', 'bf16', '8bit', 'block8' or 'dynamic8', of parameters of from_size "
          "elements and "
          "more; "
          "rounding of state and parameter_rounding of 16-bit parameters: 'nearest' or 'stochastic'; "
          "row_steps: "
          "'shared', 'own' or 'caught_up'.")
      .def("add", &ArrayOptimizer::add, "name"_a, "x"_a, "gradient"_a = nb::none(), "group"_a = 0,
           nb::sig(
               "def add(self, name: str, x: object, gradient: object | None = None, group: int = 0) -> int"),
           "Borrows an array, which steps write, and its gradient, which they read. Returns the parameter's "
           "number.")
      .def("set_gradient", &ArrayOptimizer::set_gradient, "parameter"_a, "gradient"_a.none(),
           nb::sig("def set_gradient(self, parameter: str | int, gradient: object | None) -> None"),
           "Another array is the gradient from now on; None: there is none, and steps pass the parameter by.")
      .def("set_gradient_rows", &ArrayOptimizer::set_gradient_rows, "parameter"_a, "rows"_a, "values"_a,
           nb::sig("def set_gradient_rows(self, parameter: str | int, rows: object, values: object) -> None"),
           "The gradient is zero but for these rows, and these alone are moved.")
      .def("step", &ArrayOptimizer::step, "loss_scale"_a = 1.0,
           "Moves every parameter that has a gradient, once. The gradients are loss_scale times too large.")
      .def("add_group", &ArrayOptimizer::add_group, "rule"_a,
           "Parameters with another rule, or with the first group's and some other hyperparameters.")
      .def("set", &ArrayOptimizer::set, "field"_a, "value"_a.none(), "group"_a = 0,
           nb::sig(
               "def set(self, field: str, value: float | Schedule | collections.abc.Callable[[int], float], "
               "group: int = 0) -> None"),
           "A new value for a hyperparameter.")
      .def("rule", &ArrayOptimizer::rule, "group"_a = 0, "A copy of the group's rule, as it is now.")
      .def("state", &ArrayOptimizer::state, "parameter"_a,
           nb::sig("def state(self, parameter: str | int) -> dict[str, typing.Any]"),
           "Copies of all that is kept of the parameter, by name: arrays, and single numbers.")
      .def("steps_of", &ArrayOptimizer::steps_of, "parameter"_a, "How many steps the parameter has had.")
      .def("restore", &ArrayOptimizer::restore, "steps"_a, "states"_a,
           nb::sig("def restore(self, steps: int, states: list[tuple[int, dict[str, typing.Any]]]) -> None"),
           "Puts back what steps, steps_of() and state() have shown: a pair for each parameter, in the order "
           "of names. All "
           "or nothing.")
      .def("effective_lr", &ArrayOptimizer::effective_lr, "parameter"_a,
           nb::sig("def effective_lr(self, parameter: str | int) -> typing.Any"),
           "What one unit of gradient moves each element by, as of the last step; None where the rule has "
           "none.")
      .def("save", &ArrayOptimizer::save, "file"_a,
           nb::sig("def save(self, file: str | os.PathLike[str]) -> None"),
           "All parameters and all state in a file: there whole or not at all, and damage is noticed.")
      .def("load", &ArrayOptimizer::load, "file"_a, nb::kw_only(), "parameters"_a = true,
           "hyperparameters"_a = true, "any_origin"_a = false,
           nb::sig("def load(self, file: str | os.PathLike[str], *, parameters: bool = True, "
                   "hyperparameters: bool = True, any_origin: bool = False) -> None"),
           "Puts all back that save() has written; all or nothing. any_origin: also of files without a "
           "record of "
           "integrity.")
      .def("catch_up", &ArrayOptimizer::catch_up, "Brings rows that are 'caught_up' to the last step.")
      .def("evaluate", &ArrayOptimizer::evaluate, "Puts parameters where rules with two points evaluate.")
      .def("train", &ArrayOptimizer::train, "Puts them back.")
      .def_prop_ro("evaluating", &ArrayOptimizer::evaluating)
      .def_prop_ro("steps", &ArrayOptimizer::steps, "applied so far")
      .def_prop_ro("skipped", &ArrayOptimizer::skipped, "those for what gradients held")
      .def_prop_ro("names", &ArrayOptimizer::names, "of all parameters");
}

}  // namespace gradus::python
