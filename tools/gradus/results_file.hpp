#pragma once

#include <string>

#include "lab/results/results.hpp"

namespace gradus::tool {

/// What is in a results.json. Throws Error that names the file.
lab::RaceResults results_in(const std::string& file);

}  // namespace gradus::tool
