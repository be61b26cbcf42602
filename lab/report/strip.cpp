#include "lab/report/strip.hpp"

#include <algorithm>
#include <cmath>

namespace gradus::lab {
namespace {

constexpr double kPoints = 8;

double reach(const Estimate& value) { return std::isfinite(value.half_width) ? value.half_width : 0; }

}  // namespace

/// Wide enough for every interval, unless they are wider than the strip: then around the means.
StripScale strip_scale(const RaceResults& results) {
  double worst = kNotMeasured, best = kNotMeasured, low = kNotMeasured, high = kNotMeasured;
  for (const Entry& entry : results.entries) {
    const Estimate& accuracy = entry.summary.test_accuracy;
    worst = std::fmin(worst, 100 * accuracy.mean);
    best = std::fmax(best, 100 * accuracy.mean);
    low = std::fmin(low, 100 * (accuracy.mean - reach(accuracy)));
    high = std::fmax(high, 100 * (accuracy.mean + reach(accuracy)));
  }
  if (!std::isfinite(best)) return {};
  high = std::min({std::ceil(high), std::ceil(best + kPoints / 4), 100.0});
  low = std::max({std::floor(low), std::floor(std::max(worst, best - kPoints) - kPoints / 4), 0.0});
  return {std::min(low, high - 1), high};
}

StripMark strip_mark(const Estimate& accuracy, const StripScale& scale) {
  const auto place = [&scale](double percent) {
    return 100 * std::clamp((percent - scale.low) / (scale.high - scale.low), 0.0, 1.0);
  };
  const double mean = 100 * accuracy.mean;
  const double half = 100 * reach(accuracy);
  return {place(mean), place(mean - half), place(mean + half), mean < scale.low};
}

}  // namespace gradus::lab
