#pragma once

#include <vector>

#include "gradus/engine/any_rule.hpp"

namespace gradus {

/// Throws Error if a field is given twice, and as AnyRule::set(); some may be set then.
void set_all(AnyRule& rule, const std::vector<Setting>& settings);

}  // namespace gradus
