#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "gradus/engine/any_rule.hpp"

namespace gradus::python {

/// A rule as an object of Python; those of one kind have a type of their own, derived from it.
struct RuleObject {
  AnyRule rule;
};

/// What was given as a rule. Throws TypeError, which names who was given it, for anything else.
const RuleObject& rule_from(const std::string& whose, nanobind::handle given);

}  // namespace gradus::python
