#pragma once

#include <string_view>
#include <vector>

#include "lab/results/results.hpp"

namespace gradus::lab {

/// Computes each entry's `summary` and the `verdicts` from trials and runs.
void summarize(RaceResults& results);

/// Entries by mean test metric, best first; those without one last, as typed.
std::vector<const Entry*> ranked(const RaceResults& results);

/// Why an entry has no mean test metric: "diverged", "unfinished" or "not run"; empty when it has one.
std::string_view shortcoming(const Entry& entry);

/// Over an entry's runs, the mean of a curve at each look that at
/// least one of them reached: `mean_curve(entry, &Run::test_metric)`.
std::vector<Estimate> mean_curve(const Entry& entry, std::vector<double> Run::*curve);

/// Over an entry's runs, the geometric means of each layer's effective rates and update ratios.
std::vector<LayerSteps> mean_layers(const Entry& entry);

/// The trials of the entry as it races: of `adam>sgd` not those that tried adam alone.
std::vector<const Trial*> trials_of_whole(const Entry& entry);

}  // namespace gradus::lab
