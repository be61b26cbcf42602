#pragma once

#include <span>

#include "lab/results/results.hpp"

namespace gradus::lab {

/// The p-quantile of Student's t with `degrees` >= 1 degrees of freedom.
double student_t_quantile(double p, int degrees);

/// Mean and half width of its two-sided 95% confidence interval by Student's
/// t, which takes the values for draws from a normal distribution. A value
/// that is not finite makes both NaN: dropping it would flatter the rule.
Estimate estimate(std::span<const double> values);

/// Whether the two intervals share a point; false when either is unknown.
bool intervals_overlap(const Estimate& a, const Estimate& b);

}  // namespace gradus::lab
