#include "hyper.hpp"

#include <nanobind/stl/string.h>

#include <memory>
#include <string>

namespace nb = nanobind;

namespace gradus::python {

namespace {

/// A function of Python as a schedule. It is asked by threads that do not hold the interpreter's lock, and the last copy may
/// go in one of these.
class AskedFunction {
 public:
  explicit AskedFunction(nb::object function)
      : function_(new nb::object(std::move(function)), [](nb::object* last) {
          if (Py_IsInitialized() == 0) return;  // one that is registered outlives the interpreter
          const nb::gil_scoped_acquire lock;
          delete last;
        }) {}

  double operator()(std::int64_t step) const {
    const nb::gil_scoped_acquire lock;
    const nb::object answer = (*function_)(step);
    const double number = PyFloat_AsDouble(answer.ptr());
    if (PyErr_Occurred() != nullptr) nb::raise_python_error();
    return number;
  }

 private:
  std::shared_ptr<nb::object> function_;
};

}  // namespace

Hyper hyper_of(std::string_view name, nb::handle value) {
  ScheduleObject* schedule = nullptr;
  if (nb::try_cast(value, schedule) && schedule != nullptr) return Hyper(schedule->function);
  if (PyNumber_Check(value.ptr()) != 0 && !PyBool_Check(value.ptr())) {
    const double number = PyFloat_AsDouble(value.ptr());
    if (PyErr_Occurred() == nullptr) return number;
    PyErr_Clear();
  } else if (PyCallable_Check(value.ptr()) != 0 && !PyType_Check(value.ptr())) {
    return Hyper(Schedule(AskedFunction(nb::borrow(value))));
  }
  const std::string shown = nb::cast<std::string>(nb::repr(value)).substr(0, 40);
  throw nb::type_error((std::string(name) + " is " + shown + " (" + nb::inst_name(value).c_str() +
                        "); it must be a number, a Schedule, or a function of the step")
                           .c_str());
}

nb::object to_python(const Hyper& hyper) {
  if (!hyper.scheduled()) return nb::float_(static_cast<double>(hyper));
  return nb::cast(ScheduleObject{*hyper.schedule()});
}

}  // namespace gradus::python
