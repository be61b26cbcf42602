#pragma once

#include <string>

#include "lab/results/results.hpp"

namespace gradus::tool {

/// What a repeat needs to know of where an experiment ran.
lab::Machine this_machine();
/// UTC, ISO 8601.
std::string now();

}  // namespace gradus::tool
