#pragma once

#include <span>
#include <vector>

#include "lab/results/results.hpp"

namespace gradus::lab {

/// The variance of a mean that comes from elsewhere than the runs: from the choice of a learning rate.
struct OtherVariance {
  double variance = 0;
  double degrees = 0;  ///< of freedom with which it was estimated; meaningless where it is 0
};
OtherVariance operator+(const OtherVariance& a, const OtherVariance& b);

/// Mean and half width of its two-sided 95% confidence interval by Student's t, which takes the values for
/// draws from a normal distribution. Another source's variance is added, and degrees of freedom are joined by
/// Satterthwaite ("An approximate distribution of estimates of variance components", 1946). A value that is not
/// finite makes both NaN: dropping it would flatter the rule.
Estimate estimate(std::span<const double> values, const OtherVariance& other = {});

/// Of two means, a's less b's, with its 95% interval and the probability of one as large if there is none.
struct Difference {
  double mean = kNotMeasured;
  double half_width = kNotMeasured;
  double p = kNotMeasured;
  bool paired = false;
};

/// The i-th values belong to one seed. Where they correlate the test is of the pairs' differences, otherwise
/// Welch's ("The generalization of 'Student's' problem…", 1947). NaN but for the mean with fewer than two pairs
/// or a value that is not finite.
Difference difference(std::span<const double> a, std::span<const double> b, const OtherVariance& other = {});

/// Holm's step-down correction ("A simple sequentially rejective multiple test procedure", 1979): as many
/// probabilities, each to be compared with the level that all tests together shall keep. NaN stays NaN and does
/// not count.
std::vector<double> holm(std::span<const double> p);

}  // namespace gradus::lab
