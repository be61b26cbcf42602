#pragma once

#include <span>

namespace gradus::lab {

/// A mean of random draws.
struct Sampled {
  double mean = 0;
  double standard_error = 0;  ///< of the mean; NaN for a single draw
};

/// Throws Error if there are none.
Sampled sampled(std::span<const double> draws);

}  // namespace gradus::lab
