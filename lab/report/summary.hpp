#pragma once

#include <vector>

#include "lab/race/results.hpp"

namespace gradus::lab {

/// Computes each entry's `summary`, `target_accuracy` (kept when already set) and `verdicts` from trials and
/// runs.
void summarize(RaceResults& results);

/// Over an entry's runs, the mean of a curve at each epoch that at least one of them reached:
/// `mean_curve(entry, &Run::test_accuracy)`.
std::vector<Estimate> mean_curve(const Entry& entry, std::vector<double> Run::*curve);

/// Over an entry's runs, the geometric mean of each quantile: one LayerRates a layer.
std::vector<LayerRates> mean_effective_rates(const Entry& entry);

/// Which phase's learning rate the trials vary: 0 but for entries such as `adam>sgd@0.5`.
std::size_t tuned_phase(const Entry& entry);

/// The runs that summaries are made of.
std::vector<const Run*> finished_runs(const Entry& entry);

}  // namespace gradus::lab
