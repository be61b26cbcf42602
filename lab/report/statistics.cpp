#include "lab/report/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

namespace gradus::lab {
namespace {

using StudentsT = boost::math::students_t;

bool all_finite(std::span<const double> values) {
  return std::ranges::all_of(values, [](double v) { return std::isfinite(v); });
}

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Sum of (a - mean a)(b - mean b).
double joint_deviation(std::span<const double> a, std::span<const double> b) {
  const double mean_a = mean_of(a), mean_b = mean_of(b);
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - mean_a) * (b[i] - mean_b);
  return sum;
}

/// Of the mean of the values.
OtherVariance variance_of_mean(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  return {joint_deviation(values, values) / (n - 1) / n, n - 1};
}

/// A spread beyond what a double holds, or one that nothing was estimated by.
bool is_unknown(const OtherVariance& variance) {
  return !std::isfinite(variance.variance) || !(variance.degrees > 0);
}

double half_width(const OtherVariance& variance) {
  if (variance.variance == 0) return 0;
  if (is_unknown(variance)) return kNotMeasured;
  return boost::math::quantile(StudentsT(variance.degrees), 0.975) * std::sqrt(variance.variance);
}

double two_sided_p(double mean, const OtherVariance& variance) {
  if (variance.variance == 0) return mean == 0 ? 1 : 0;
  if (is_unknown(variance) || !std::isfinite(mean)) return kNotMeasured;
  const double t = std::abs(mean) / std::sqrt(variance.variance);
  return 2 * boost::math::cdf(boost::math::complement(StudentsT(variance.degrees), t));
}

}  // namespace

OtherVariance operator+(const OtherVariance& a, const OtherVariance& b) {
  if (a.variance == 0) return b;
  if (b.variance == 0) return a;
  const double sum = a.variance + b.variance;
  const double part_a = a.variance / sum, part_b = b.variance / sum;  // whose squares do not overflow
  return {sum, 1 / (part_a * part_a / a.degrees + part_b * part_b / b.degrees)};
}

Estimate estimate(std::span<const double> values, const OtherVariance& other) {
  Estimate result{.n = static_cast<int>(values.size())};
  if (values.empty() || !all_finite(values)) return result;
  result.mean = mean_of(values);
  if (values.size() >= 2) result.half_width = half_width(variance_of_mean(values) + other);
  return result;
}

Difference difference(std::span<const double> a, std::span<const double> b, const OtherVariance& other) {
  Difference result;
  if (a.empty() || !all_finite(a) || !all_finite(b)) return result;
  result.mean = mean_of(a) - mean_of(b);
  if (a.size() < 2) return result;
  result.paired = joint_deviation(a, b) > 0 || std::ranges::equal(a, b);
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i) differences.push_back(a[i] - b[i]);
  const OtherVariance own =
      result.paired ? variance_of_mean(differences) : variance_of_mean(a) + variance_of_mean(b);
  result.half_width = half_width(own + other);
  result.p = two_sided_p(result.mean, own + other);
  return result;
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i)
    if (!std::isnan(p[i])) order.push_back(i);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return p[i]; });
  std::vector<double> adjusted(p.size(), kNotMeasured);
  double highest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const double scaled = p[order[rank]] * static_cast<double>(order.size() - rank);
    highest = std::max(highest, std::min(scaled, 1.0));
    adjusted[order[rank]] = highest;
  }
  return adjusted;
}

}  // namespace gradus::lab
