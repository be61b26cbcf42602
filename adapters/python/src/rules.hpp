#pragma once

#include <nanobind/nanobind.h>

#include "gradus/engine/any_rule.hpp"

namespace gradus::python {

/// A rule as an object of Python; those of one kind have a type of their own, derived from it.
struct RuleObject {
  AnyRule rule;
};

}  // namespace gradus::python
