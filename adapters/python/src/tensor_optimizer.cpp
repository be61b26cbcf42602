#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "gradus/core/error.hpp"
#include "hyper.hpp"
#include "lent_threads.hpp"
#include "module.hpp"
#include "options.hpp"
#include "restore.hpp"
#include "rules.hpp"
#include "tensors.hpp"
#include "turn.hpp"
#include "watched.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace gradus::python {

namespace {

/// Steps on fewer elements do not let go of the interpreter: it would take longer than they do.
constexpr std::size_t kWorthLettingGo = 65'536;

/// What a group of PyTorch's said when it was last looked at: the same object is the same value.
struct WatchedGroup {
  nb::dict group;
  std::vector<std::pair<nb::object, nb::object>> seen;  // key, value
  std::vector<std::size_t> parameters;
};

bool is_number(PyObject* object) { return PyFloat_CheckExact(object) || PyLong_Check(object); }

bool cannot_change(nb::handle value) {
  PyObject* const object = value.ptr();
  if (!PyTuple_CheckExact(object)) return object == Py_None || is_number(object);
  for (Py_ssize_t i = 0; i < PyTuple_Size(object); ++i)
    if (!is_number(PyTuple_GetItem(object, i))) return false;  // a tensor, say
  return true;
}

/// The optimizer under gradus.torch's: reads tensors, gradients and param_groups anew each step.
class TensorOptimizer {
 public:
  TensorOptimizer(const RuleObject& rule, OptimizerOptions options, nb::handle exchange_api)
      : reader_(exchange_api), core_(rule.rule, std::move(options)) {}

  std::size_t add_group(const RuleObject& rule) {
    return static_cast<std::size_t>(core_.add_group(rule.rule));
  }

  /// The group's values are looked at before each step, under these keys.
  void watch(std::size_t number, nb::dict group, const std::vector<nb::object>& keys) {
    if (groups_.size() <= number) groups_.resize(number + 1);
    groups_[number].group = std::move(group);
    groups_[number].seen.clear();
    for (const nb::object& key : keys) groups_[number].seen.emplace_back(key, nb::object());
  }

  /// `where` is where the tensor is stepped on: itself, or a contiguous one, which somebody else copies there and back.
  void add(const std::string& name, nb::object tensor, nb::object where, std::size_t group) {
    const std::optional<TensorPlace> place = reader_.read(where);
    if (!place) throw Error("parameter '" + name + "' is no plain tensor");  // gradus.torch has looked
    parameters_.push_back({std::move(tensor),
                           std::move(where),
                           {},
                           {},
                           {place->shape, place->shape + place->dimensions},
                           {},
                           {}});
    try {
      core_.add(name, parameters_.back().shape, place->elements, {}, GroupId{group});
    } catch (...) {
      parameters_.pop_back();
      throw;
    }
    if (groups_.size() <= group) groups_.resize(group + 1);
    groups_[group].parameters.push_back(parameters_.size() - 1);
    elements_ += place->elements.size;
  }

  /// Asks `owner` for what is out of the ordinary. Nothing where that has begun anew with another TensorOptimizer.
  std::optional<StepReport> step(nb::handle owner, double loss_scale) {
    const Turn turn(busy_);
    if (!look_at_groups(owner)) return std::nullopt;
    moved_.clear();
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      if (bind(i, owner)) moved_.push_back(i);
    StepReport report;
    if (elements_ < kWorthLettingGo) {
      report = core_.step({.loss_scale = loss_scale});
    } else {
      const nb::gil_scoped_release others_may_run;
      report = core_.step({.loss_scale = loss_scale});
    }
    return report;
  }

  /// Those that the last step had a gradient for. The list is the same object as long as they are the same.
  nb::list moved() {
    if (moved_ != listed_) {
      list_ = nb::list();
      for (const std::size_t i : moved_) list_.append(parameters_[i].tensor);
      listed_ = moved_;
    }
    return list_;
  }

  void set_gradient_rows(std::size_t parameter, nb::object rows, nb::object values) {
    const std::optional<TensorPlace> its = reader_.read(values);
    if (!its)
      throw Error("the values of the gradient of parameter '" + core_.name(ParameterId{parameter}) +
                  "' are no plain tensor");
    const auto numbers = nb::cast<std::uintptr_t>(rows.attr("data_ptr")());
    SparseRows sparse;
    sparse.rows = BorrowedRows(std::span(reinterpret_cast<const std::int64_t*>(numbers),  // NOLINT
                                         nb::cast<std::size_t>(rows.attr("numel")())));
    sparse.values = {its->elements.dtype, its->elements.data, its->elements.size};
    core_.set_gradient(ParameterId{parameter}, sparse);
    parameters_[parameter].gradient = std::move(values);
    parameters_[parameter].rows = std::move(rows);
    parameters_[parameter].last_g = {};
  }

  void set(std::size_t group, const std::string& field, const Given& given) {
    core_.set(GroupId{group}, field, hyper_of(field, given.value));
  }

  [[nodiscard]] std::int64_t steps(std::size_t parameter) const {
    return core_.steps(ParameterId{parameter});
  }
  [[nodiscard]] std::int64_t all_steps() const { return core_.steps(); }
  [[nodiscard]] std::vector<std::string> slots(std::size_t parameter) const {
    return core_.slots(ParameterId{parameter});
  }

  Optimizer& core() { return core_; }

  void restore(std::int64_t steps, const std::vector<GivenState>& given) {
    const Turn turn(busy_);
    python::restore(core_, steps, given);
  }

  /// What the next step moves, so that looks() can tell how far.
  void remember() {
    const Turn turn(busy_);
    before_.assign(parameters_.size(), {});
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      if (const std::optional<TensorPlace> place = reader_.read(parameters_[i].place))
        before_[i] = sampled(place->elements);
  }

  /// By name of those that had a gradient: what numbers_of() says.
  nb::dict looks() {
    const Turn turn(busy_);
    nb::dict found;
    for (const std::size_t i : moved_) {
      const Parameter& parameter = parameters_[i];
      const std::optional<TensorPlace> x = reader_.read(parameter.place);
      const std::optional<TensorPlace> g = reader_.read(parameter.gradient);
      if (!x || !g || i >= before_.size()) continue;
      const ParameterId id{i};
      found[core_.name(id).c_str()] = numbers_of(look_at(before_[i], x->elements, g->elements), core_, id);
    }
    return found;
  }

  void evaluate(nb::handle owner) {
    const Turn turn(busy_);
    find_places(owner);
    core_.evaluate();
  }
  void train(nb::handle owner) {
    const Turn turn(busy_);
    find_places(owner);
    core_.train();
  }

 private:
  struct Parameter {
    nb::object tensor;    // as param_groups have it
    nb::object place;     // where it is stepped on
    nb::object gradient;  // kept while the core borrows it
    nb::object rows;
    Shape shape;
    Elements last_x, last_g;  // as the core knows them
  };

  static bool same_place(const Elements& a, const Elements& b) {
    return a.data == b.data && a.dtype == b.dtype && a.size == b.size;
  }

  /// False where `owner` has begun anew, since its groups are others or have become others.
  bool look_at_groups(nb::handle owner) {
    static PyObject* const kGroups = PyUnicode_InternFromString("param_groups");
    const nb::object list = nb::steal(PyObject_GetAttr(owner.ptr(), kGroups));
    if (!list.is_valid()) nb::raise_python_error();
    if (!same_groups(list)) {
      owner.attr("_begin_again")();
      return false;
    }
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      WatchedGroup& watched = groups_[i];
      bool changed = !same_parameters(watched);
      for (auto& [key, value] : watched.seen) {
        PyObject* const now = PyDict_GetItemWithError(watched.group.ptr(), key.ptr());
        if (now == value.ptr() && (now == nullptr || cannot_change(now))) continue;
        if (now == nullptr && PyErr_Occurred() != nullptr) nb::raise_python_error();
        value = nb::borrow(now);
        changed = true;
      }
      if (!changed) continue;
      try {
        if (nb::cast<bool>(owner.attr("_group_changed")(i))) return false;
      } catch (...) {  // what was wrong will be looked at again
        for (auto& [key, value] : watched.seen) value.reset();
        throw;
      }
    }
    return true;
  }

  [[nodiscard]] bool same_groups(nb::handle list) const {
    if (!PyList_Check(list.ptr()) || static_cast<std::size_t>(PyList_Size(list.ptr())) != groups_.size())
      return false;
    for (std::size_t i = 0; i < groups_.size(); ++i)
      if (PyList_GetItem(list.ptr(), static_cast<Py_ssize_t>(i)) != groups_[i].group.ptr()) return false;
    return true;
  }

  [[nodiscard]] bool same_parameters(const WatchedGroup& watched) const {
    PyObject* const list = PyDict_GetItemString(watched.group.ptr(), "params");
    if (list == nullptr || !PyList_Check(list) ||
        static_cast<std::size_t>(PyList_Size(list)) != watched.parameters.size())
      return false;
    for (std::size_t i = 0; i < watched.parameters.size(); ++i)
      if (PyList_GetItem(list, static_cast<Py_ssize_t>(i)) != parameters_[watched.parameters[i]].tensor.ptr())
        return false;
    return true;
  }

  /// Lazily: its memory has the other sign.
  static bool is_negated(nb::handle tensor) { return nb::cast<bool>(tensor.attr("is_neg")()); }

  /// Where it lies now. `owner` tells what is wrong with a parameter that is not as it was.
  Elements place_of(std::size_t number, nb::handle owner) {
    const std::optional<TensorPlace> x = reader_.read(parameters_[number].place);
    if (x && x->has_shape(parameters_[number].shape)) return x->elements;
    owner.attr("_check_parameter")(number);
    throw Error("parameter '" + core_.name(ParameterId{number}) + "' is no plain tensor any more");
  }

  /// Where all lie now, without gradients until the next step.
  void find_places(nb::handle owner) {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      core_.rebind(ParameterId{i}, place_of(i, owner), {});
      parameters_[i].last_x = parameters_[i].last_g = {};
    }
  }

  /// False if it has no gradient.
  bool bind(std::size_t number, nb::handle owner) {
    static PyObject* const kGrad = PyUnicode_InternFromString("grad");
    Parameter& parameter = parameters_[number];
    const ParameterId id{number};
    nb::object gradient = nb::steal(PyObject_GetAttr(parameter.tensor.ptr(), kGrad));
    if (!gradient.is_valid()) nb::raise_python_error();
    if (gradient.is_none()) {
      if (parameter.gradient.is_valid()) core_.clear_gradient(id);
      parameter.gradient.reset();
      parameter.last_g = {};
      return false;
    }
    const Elements x = place_of(number, owner);
    std::optional<TensorPlace> g;
    if (gradient.is(parameter.gradient) || !is_negated(gradient)) g = reader_.read(gradient);
    if (!g || !g->has_shape(parameter.shape)) {
      if (!same_place(parameter.last_x, x)) {  // rows are bound without it
        core_.rebind(id, x, {});
        parameter.last_x = x;
        parameter.last_g = {};
      }
      gradient = owner.attr("_plain_gradient")(number, gradient);
      if (gradient.is_none()) return true;  // rows, which that has set
      g = reader_.read(gradient);
      if (!g || !g->has_shape(parameter.shape))
        throw Error("the gradient of parameter '" + core_.name(id) +
                    "' hides its memory; it must be a plain tensor");
    }
    const Elements found = g->elements;
    if (!same_place(parameter.last_x, x) || !same_place(parameter.last_g, found)) {
      core_.rebind(id, x, {found.dtype, found.data, found.size});
      parameter.last_x = x;
      parameter.last_g = found;
    }
    parameter.gradient = std::move(gradient);
    return true;
  }

  TensorReader reader_;
  std::vector<Parameter> parameters_;
  std::vector<WatchedGroup> groups_;
  std::vector<std::size_t> moved_, listed_;
  nb::list list_;
  std::vector<std::vector<double>> before_;
  std::size_t elements_ = 0;
  Optimizer core_;
  Busy busy_;
};

/// A new tensor of PyTorch.
nb::object new_tensor(const std::vector<std::size_t>& shape, const std::vector<double>& numbers) {
  auto copy = std::make_unique<float[]>(std::max<std::size_t>(numbers.size(), 1));
  std::transform(numbers.begin(), numbers.end(), copy.get(), [](double v) { return static_cast<float>(v); });
  const nb::capsule owner(copy.get(), [](void* array) noexcept { delete[] static_cast<float*>(array); });
  return nb::cast(nb::ndarray<nb::pytorch, float>(copy.release(), shape.size(), shape.data(), owner));
}

/// Of a parameter without dimensions an array has none either; single numbers are something else.
bool is_array(const Optimizer& optimizer, ParameterId parameter, const std::string& slot) {
  const auto& slots = optimizer.rule(optimizer.group(parameter)).program().slots();
  return std::any_of(slots.begin(), slots.end(),
                     [&](const engine::SlotInfo& its) { return its.name == slot; });
}

/// A tensor of PyTorch over the optimizer's own memory, where that is float32 or float64; otherwise a copy.
nb::object shown(nb::handle self, std::size_t parameter, const std::string& slot) {
  const Optimizer& core = nb::cast<TensorOptimizer&>(self).core();
  const ParameterId id{parameter};
  const StateView view = core.state(id, slot);
  const std::vector<std::size_t> shape(view.shape.begin(), view.shape.end());
  void* const data = const_cast<void*>(view.data);
  if (view.shape.empty() && !is_array(core, id, slot)) return nb::float_(view.decode().front());
  if (view.dtype == Dtype::f32)
    return nb::cast(nb::ndarray<nb::pytorch, float>(data, shape.size(), shape.data(), self));
  if (view.dtype == Dtype::f64)
    return nb::cast(nb::ndarray<nb::pytorch, double>(data, shape.size(), shape.data(), self));
  return new_tensor(shape, view.decode());
}

}  // namespace

void define_tensor_optimizer(nb::module_& module) {
  module.def("_repeated_product", [](double factor, std::int64_t times) {
    double product = 1;
    for (std::int64_t i = 0; i < times && product * factor != product; ++i) product *= factor;
    return product;
  });
  nb::class_<TensorOptimizer>(module, "_TensorOptimizer", "What gradus.torch's optimizers are made of.")
      .def(
          "__init__",
          [](TensorOptimizer* self, const RuleObject& rule, nb::handle exchange_api,
             const std::string& openmp, const std::string& non_finite, bool maximize,
             const std::string& state_dtype, const std::string& parameter_rounding, std::uint64_t seed) {
            OptimizerOptions options =
                options_of({non_finite, "report", 0, maximize, std::nullopt, state_dtype, "stochastic",
                            parameter_rounding, false, 4096, "shared", seed});
            options.executor = lent_threads(openmp);
            new (self) TensorOptimizer(rule, std::move(options), exchange_api);
          },
          "rule"_a, nb::kw_only(), "exchange_api"_a.none(), "openmp"_a, "non_finite"_a, "maximize"_a,
          "state_dtype"_a, "parameter_rounding"_a, "seed"_a)
      .def("add_group", &TensorOptimizer::add_group)
      .def("watch", &TensorOptimizer::watch,
           nb::sig("def watch(self, number: int, group: dict[str, typing.Any], "
                   "keys: collections.abc.Sequence[str], /) -> None"))
      .def("add", &TensorOptimizer::add)
      .def("step", &TensorOptimizer::step)
      .def("moved", &TensorOptimizer::moved, nb::sig("def moved(self) -> list[typing.Any]"))
      .def("set_gradient_rows", &TensorOptimizer::set_gradient_rows)
      .def("set", &TensorOptimizer::set, nb::arg(), nb::arg(), nb::arg().none())
      .def("steps", &TensorOptimizer::steps)
      .def("all_steps", &TensorOptimizer::all_steps)
      .def("slots", &TensorOptimizer::slots)
      .def(
          "state",
          [](nb::handle self, std::size_t parameter, const std::string& slot) {
            return shown(self, parameter, slot);
          },
          nb::sig("def state(self, parameter: int, slot: str, /) -> typing.Any"))
      .def("remember", &TensorOptimizer::remember)
      .def("looks", &TensorOptimizer::looks, nb::sig("def looks(self) -> dict[str, dict[str, float]]"))
      .def("restore", &TensorOptimizer::restore,
           nb::sig("def restore(self, steps: int, "
                   "given: collections.abc.Sequence[tuple[int, dict[str, typing.Any]]], /) -> None"))
      .def("evaluate", &TensorOptimizer::evaluate)
      .def("train", &TensorOptimizer::train);
}

}  // namespace gradus::python
