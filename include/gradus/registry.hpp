#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gradus/engine/any_rule.hpp"

namespace gradus {

/// The names of all built-in rules, in the order in which a book would treat them.
std::vector<std::string> rule_names();

/// A built-in rule by name, with some hyperparameters set: make_rule("adamw", {{"lr", 3e-4}, {"weight_decay",
/// "0.1"}}). Throws Error for an unknown name (it suggests the nearest), an unknown field or one that is given
/// twice, or a value out of its field's range.
AnyRule make_rule(std::string_view name, const std::vector<Setting>& settings = {});

/// What people want to know of a built-in rule. Throws Error for an unknown name.
const About& about(std::string_view name);

}  // namespace gradus
