#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include "gradus/core/hyper.hpp"

namespace gradus::python {

/// A hyperparameter as Python code gives it; what it is, is looked at by hyper_of(), whose errors name it.
struct Given {
  nanobind::object value;
};

/// A number, a Schedule or a function of the step. Throws TypeError for anything else, and what the function throws when it
/// is asked for step 0.
Hyper hyper_of(std::string_view name, nanobind::handle value);

/// A float, or a Schedule.
nanobind::object to_python(const Hyper& hyper);

/// A schedule as an object of Python. Those made of a function of Python know it.
struct ScheduleObject {
  Schedule function;
};

}  // namespace gradus::python

namespace nanobind::detail {

template <>
struct type_caster<gradus::python::Given> {
  NB_TYPE_CASTER(gradus::python::Given,
                 const_name("float | Schedule | collections.abc.Callable[[int], float]"))

  bool from_python(handle source, std::uint8_t /*flags*/, cleanup_list* /*cleanup*/) noexcept {
    value.value = borrow(source);
    return true;
  }
  static handle from_cpp(const gradus::python::Given& given, rv_policy /*policy*/,
                         cleanup_list* /*cleanup*/) noexcept {
    return given.value.inc_ref();
  }
};

}  // namespace nanobind::detail
