#pragma once

#include "lab/results/results.hpp"

namespace gradus::lab {

/// The common scale of the little drawings of means and intervals in the table, in percent. It ends a few
/// points below the best: else the better rules would shrink to one dot.
struct StripScale {
  double low = 0;
  double high = 100;
};

StripScale strip_scale(const RaceResults& results);

/// Where an accuracy's mark and its interval lie, in percent of the strip's width.
struct StripMark {
  double middle;
  double left, right;
  bool below;  ///< the mean is less than the scale shows; the mark stands at its left end
};

/// Of a finite mean.
StripMark strip_mark(const Estimate& accuracy, const StripScale& scale);

}  // namespace gradus::lab
