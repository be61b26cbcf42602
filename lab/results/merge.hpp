#pragma once

#include <span>

#include "lab/results/results.hpp"

namespace gradus::lab {

/// Races on one task as one: their entries together; of an entry that is in several, the runs of all seeds. Throws
/// Error, which says what differs, unless their trainings are of one kind (task, data, model, steps, batch, schedule,
/// target), and for an entry that has run twice with one seed or at different points.
RaceResults merged(std::span<const RaceResults> races);

}  // namespace gradus::lab
