#include "gradus/schedules/schedules.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cmath>
#include <string>
#include <tuple>
#include <utility>

#include "gradus/core/error.hpp"
#include "gradus/core/number_text.hpp"
#include "hyper.hpp"
#include "module.hpp"

namespace nb = nanobind;

namespace gradus::python {

namespace {

/// Schedules of one kind, so that Python tells them apart.
template <class S>
struct Of : ScheduleObject {};

template <class T>
struct Argument {
  using type = T;
  static T read(const char* name, T given) {
    if constexpr (std::is_same_v<T, double>) {
      if (!std::isfinite(given))
        throw Error(std::string(name) + " is " + number_text(given) + "; it must be finite");
    }
    return given;
  }
};
template <>
struct Argument<Schedule> {
  using type = Given;
  static Schedule read(const char* name, const Given& given) {
    const Hyper hyper = hyper_of(name, given.value);
    if (hyper.scheduled()) return *hyper.schedule();
    return Constant{hyper};
  }
};

constexpr const char* kNameless = "<Schedule of a function>";

/// As Python can spell it.
std::string spelled(const char* field) { return std::string(field) == "from" ? "from_" : field; }

template <class T>
nb::object default_of(const T& value) {
  if constexpr (std::is_same_v<T, Schedule>)
    return nb::float_(0.0);
  else
    return nb::cast(value);
}

Schedule read(const std::string& text) {
  const Hyper hyper = parse_hyper(text);
  if (!hyper.scheduled()) throw Error("'" + text + "' is no schedule");
  return *hyper.schedule();
}

std::string shown(const ScheduleObject& schedule) {
  try {
    return hyper_text(Hyper(schedule.function));
  } catch (const Error&) {
    return kNameless;
  }
}

bool are_equal(const ScheduleObject& a, const ScheduleObject& b) {
  return &a == &b || (shown(a) != kNameless && shown(a) == shown(b));
}

/// The name stands for it in files and pickles.
ScheduleObject registered(std::string name, nb::handle function) {
  const Hyper hyper = hyper_of("function", function);
  if (!hyper.scheduled()) throw nb::type_error("register_schedule() takes a name and a function of the step");
  return {register_schedule(std::move(name), *hyper.schedule())};
}

template <class S>
void define(nb::module_& module, const char* name, const char* doc) {
  nb::class_<Of<S>, ScheduleObject> of_kind(module, name, doc);
  std::apply(
      [&]<class... T>(const ScheduleField<S, T>&... field) {
        const S defaults;
        of_kind.def(
            "__init__",
            [](Of<S>* self, typename Argument<T>::type... given) {
              S schedule;
              std::apply(
                  [&](const auto&... to) {
                    ((schedule.*(to.member) = Argument<T>::read(to.name, given)), ...);
                  },
                  S::fields);
              new (self) Of<S>{{schedule}};
            },
            (nb::arg(spelled(field.name).c_str()) = default_of(defaults.*(field.member)))...);
      },
      S::fields);
  of_kind.def("__setstate__", [](Of<S>& self, const std::string& text) { new (&self) Of<S>{{read(text)}}; });
}

}  // namespace

void define_schedules(nb::module_& module) {
  nb::class_<ScheduleObject>(module, "Schedule",
                             "A hyperparameter as a function of the number of steps already applied.")
      .def(
          "__call__",
          [](const ScheduleObject& schedule, std::int64_t step) { return schedule.function(step); },
          nb::arg("step"), "Its value for the step of that number; the first one is 0.")
      .def("__repr__", &shown)
      .def("__eq__", &are_equal, nb::is_operator(), nb::sig("def __eq__(self, other: object, /) -> bool"))
      .def("__hash__",
           [](const ScheduleObject& schedule) { return std::hash<std::string>()(shown(schedule)); })
      .def("__getstate__",
           [](const ScheduleObject& schedule) { return hyper_text(Hyper(schedule.function)); })
      .def("__setstate__",
           [](ScheduleObject& self, const std::string& text) { new (&self) ScheduleObject{read(text)}; });
  define<Constant>(module, "Constant", "Always the same value.");
  define<Linear>(module, "Linear",
                 "From one value to another in a straight line over so many steps; then the second.");
  define<Cosine>(module, "Cosine",
                 "From one value to another along half a cosine over so many steps; then the second (SGDR, "
                 "arXiv:1608.03983, equation 5, without restarts).");
  define<Staircase>(module, "Staircase", "Multiplied by gamma every so many steps.");
  define<Exponential>(module, "Exponential", "Multiplied by gamma each step.");
  define<InverseTime>(module, "InverseTime", "from_ / (1 + decay * t).");
  define<Joined>(module, "Joined",
                 "The first for so many steps, then the second, which counts from 0 again.");
  module.def(
      "register_schedule", &registered, nb::arg("name"), nb::arg("function"),
      nb::sig(
          "def register_schedule(name: str, function: collections.abc.Callable[[int], float]) -> Schedule"),
      "A function of the step as a schedule that files and pickles know by this name; whoever reads them "
      "registers it first.");
}

}  // namespace gradus::python
