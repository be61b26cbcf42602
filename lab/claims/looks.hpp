#pragma once

#include <optional>
#include <vector>

#include "lab/claims/workbench.hpp"

/// What claims ask trainings at each look, beside what every record tells.
namespace gradus::lab {

/// The mean loss on the test set of four quarters of its targets: those of the most frequent classes first, of the
/// rarest ones last.
extern const Probe kLossByFrequency;
inline constexpr std::size_t kQuarters = 4;

/// How sharp the loss is over the first 256 training examples: its numbers are a SharpLook's, in that order.
extern const Probe kSharpness;

struct SharpLook {
  double loss = 0;          ///< over the same examples
  double largest = 0;       ///< eigenvalue of the Hessian
  double trace = 0;         ///< of the Hessian
  double worst_rise = 0;    ///< adaptive sharpness (lab/sharpness/adaptive.hpp), worst case
  double average_rise = 0;  ///< and average
  double test_metric = 0;
};

/// Where the run's loss over those examples first comes down to `loss`: logarithms of all numbers but the metric are
/// interpolated in its logarithm, between the looks on either side. None if it never does, or begins there.
std::optional<SharpLook> at_loss(const Run& run, double loss);

}  // namespace gradus::lab
