#pragma once

#include <nanobind/nanobind.h>

/// The parts of the module `gradus._core`, in the order in which they need each other.
namespace gradus::python {

void define_schedules(nanobind::module_& module);
void define_rules(nanobind::module_& module);
void define_optimizer(nanobind::module_& module);
void define_tensor_optimizer(nanobind::module_& module);
void define_race(nanobind::module_& module);

}  // namespace gradus::python
