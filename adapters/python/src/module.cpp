#include "module.hpp"

#include "gradus/core/error.hpp"

namespace nb = nanobind;

NB_MODULE(_core, module) {
  nb::set_leak_warnings(false);  // what globals hold when the interpreter ends is no leak
  module.doc() = "What gradus' Python package is made of: rules, schedules and the optimizer, compiled.";
  nb::exception<gradus::Error>(module, "Error", PyExc_ValueError).attr("__doc__") =
      "What gradus refuses: the message says what, where, and what was expected.";
  gradus::python::define_schedules(module);
  gradus::python::define_rules(module);
  gradus::python::define_optimizer(module);
  gradus::python::define_tensor_optimizer(module);
  gradus::python::define_race(module);
}
