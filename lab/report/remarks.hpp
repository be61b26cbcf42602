#pragma once

#include <string>
#include <vector>

#include "lab/results/results.hpp"

namespace gradus::lab {

/// What is odd about an entry and must be said beside its numbers: runs that diverged, that collapsed (ended
/// where guessing is, or far below what trials at the same point had reached) or exploded; a choice at the edge
/// of what was tried, or that other tuning seeds would not have made; parameters that something else moves. A
/// sentence each, without the entry's name.
std::vector<std::string> remarks_on(const Entry& entry, const RaceSettings& settings);

/// The run ended at a metric nearer to guessing than to what trials at its point had reached. Where nobody
/// guesses: worse than those by twenty margins.
bool has_collapsed(const Run& run, const Entry& entry, const RaceSettings& settings);

/// Its training loss ended above where it was at the first look, and not because it started at the bottom: by
/// more than half.
bool has_exploded(const Run& run);

}  // namespace gradus::lab
