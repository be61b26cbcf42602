#pragma once

#include <span>
#include <string>
#include <vector>

#include "lab/results/results.hpp"

namespace gradus::lab {

/// An entry beside another: runs of one seed begin with the same weights and meet the same batches, so that
/// their difference does not hold what the seed alone makes of a run.
struct Paired {
  std::string label;
  Estimate value;       ///< of the entry's finished runs
  Estimate difference;  ///< the entry's less the base's, over the seeds that both have finished
};

/// One thing to compare: a number of a run.
struct PairedQuestion {
  const char* title;
  int digits;    ///< to show
  double scale;  ///< 100 for what is shown in percent
  double (*of)(const Run&);
};
/// Test loss, training loss and test accuracy at the end; and the logarithm of the effective learning rate,
/// each layer's median, as a mean over layers and epochs: a difference of 0.01 is steps larger by 1%.
std::span<const PairedQuestion> paired_questions();

/// Every entry beside the base, itself too, as typed. A run that diverged makes what it belongs to NaN.
std::vector<Paired> compare(const RaceResults& results, const Entry& base, const PairedQuestion& question);

/// All questions as tables for the terminal; ends in a newline.
std::string comparison_text(const RaceResults& results, const Entry& base);

}  // namespace gradus::lab
