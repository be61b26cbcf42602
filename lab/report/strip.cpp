#include "lab/report/strip.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace gradus::lab {
namespace {

double reach(const Estimate& value) { return std::isfinite(value.half_width) ? value.half_width : 0; }

/// Of percentages eight points; of others four times the way from the best to the median.
double shown_span(const std::vector<double>& means, double best, const Metric& metric) {
  if (metric.unit == "%") return 8;
  return std::max(4 * std::abs(means[means.size() / 2] - best), std::pow(10, -metric.digits));
}

}  // namespace

/// Wide enough for every interval, unless they are wider than the strip: then around the means.
StripScale strip_scale(const RaceResults& results) {
  const Metric& metric = results.settings.metric;
  std::vector<double> means, ends;
  for (const Entry& entry : results.entries) {
    const Estimate& value = entry.summary.test_metric;
    if (!std::isfinite(value.mean)) continue;
    means.push_back(metric.scale * value.mean);
    ends.push_back(metric.scale * (value.mean - reach(value)));
    ends.push_back(metric.scale * (value.mean + reach(value)));
  }
  if (means.empty()) return {};
  std::ranges::sort(means);
  const double best = metric.highest_is_best ? means.back() : means.front();
  const double span = shown_span(means, best, metric), slack = span / 4;
  const auto [low_end, high_end] = std::ranges::minmax(ends);
  const double low = std::max(metric.highest_is_best ? std::max(means.front(), best - span) : best, low_end);
  const double high = std::min(metric.highest_is_best ? best : std::min(means.back(), best + span), high_end);
  StripScale scale{std::max(low - slack, std::min(low_end, low)),
                   std::min(high + slack, std::max(high_end, high))};
  if (scale.high - scale.low < 1e-12) scale = {scale.low - slack, scale.high + slack};
  return scale;
}

StripMark strip_mark(const Estimate& value, const StripScale& scale, const Metric& metric) {
  const auto place = [&scale](double shown) {
    return 100 * std::clamp((shown - scale.low) / (scale.high - scale.low), 0.0, 1.0);
  };
  const double mean = metric.scale * value.mean, half = metric.scale * reach(value);
  return {place(mean), place(mean - half), place(mean + half), mean < scale.low || mean > scale.high};
}

}  // namespace gradus::lab
