#pragma once

#include "lab/results/results.hpp"

namespace gradus::lab {

/// The common scale of the little drawings of means and intervals in the table, in the metric's shown unit. It ends
/// a little beyond what is near the best: else the better rules would shrink to one dot.
struct StripScale {
  double low = 0;
  double high = 1;
};

StripScale strip_scale(const RaceResults& results);

/// Where a mean's mark and its interval lie, in percent of the strip's width.
struct StripMark {
  double middle;
  double left, right;
  bool beyond;  ///< the mean is worse than the scale shows; the mark stands at its end
};

/// Of a finite mean.
StripMark strip_mark(const Estimate& value, const StripScale& scale, const Metric& metric);

}  // namespace gradus::lab
