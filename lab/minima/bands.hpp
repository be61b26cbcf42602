#pragma once

#include <cstddef>
#include <vector>

#include "lab/sharpness/slices.hpp"

namespace gradus::lab {

/// A stretch of a row of the map whose losses lie in one step of the scale.
struct Band {
  double s0 = 0, s1 = 0, t0 = 0, t1 = 0;
  std::size_t step = 0;
};

/// Losses over a plane as a map whose colours change where contours are.
struct Bands {
  std::vector<double> edges;  ///< of the steps, each the same multiple of the one before
  std::vector<Band> bands;    ///< none where a loss at a corner is not finite
};

/// In so many steps. Between points that were measured the logarithm of the loss goes on bilinearly; losses
/// below 1e-12 count as that.
Bands bands_of(const Surface& plane, std::size_t steps);

}  // namespace gradus::lab
