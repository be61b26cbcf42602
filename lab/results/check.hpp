#pragma once

#include "lab/results/results.hpp"

namespace gradus::lab {

/// Throws Error, which names the field, where numbers have the right types and yet belong to no race: what reads
/// results relies on none of these.
void check(const RaceResults& results);

}  // namespace gradus::lab
