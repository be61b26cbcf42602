#pragma once

#include <string>

#include "lab/results/results.hpp"

namespace gradus::lab {

/// Every entry beside the base, on every measure, as tables for the terminal: runs of one seed begin with the same
/// weights and meet the same batches, so that their difference does not hold what the seed alone makes of a run.
/// Ends in a newline.
std::string comparison_text(const RaceResults& results, const Entry& base);

}  // namespace gradus::lab
