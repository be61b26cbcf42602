#pragma once

#include <string_view>
#include <vector>

#include "lab/results/results.hpp"

namespace gradus::lab {

/// Computes each entry's `summary`, `target_accuracy` (kept
/// when already set) and `verdicts` from trials and runs.
void summarize(RaceResults& results);

/// Entries by mean test accuracy, best first; those without one last, as typed.
std::vector<const Entry*> ranked(const RaceResults& results);

/// Why an entry has no mean test accuracy: "diverged", "unfinished" or "not run"; empty when it has one.
std::string_view shortcoming(const Entry& entry);

/// Over an entry's runs, the mean of a curve at each epoch that at
/// least one of them reached: `mean_curve(entry, &Run::test_accuracy)`.
std::vector<Estimate> mean_curve(const Entry& entry, std::vector<double> Run::*curve);

/// Over an entry's runs, the geometric mean of each quantile: one LayerRates a layer.
std::vector<LayerRates> mean_effective_rates(const Entry& entry);

/// The trials of the entry as it races: of `adam>sgd` not those that tried adam alone.
std::vector<const Trial*> trials_of_whole(const Entry& entry);

/// Which phase's learning rate the trials vary: 0 but for entries such as `adam>sgd@0.5`.
std::size_t tuned_phase(const Entry& entry);

/// The runs that summaries are made of.
std::vector<const Run*> finished_runs(const Entry& entry);

}  // namespace gradus::lab
