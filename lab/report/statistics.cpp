#include "lab/report/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

namespace gradus::lab {

double student_t_quantile(double p, int degrees) {
  return boost::math::quantile(boost::math::students_t(degrees), p);
}

Estimate estimate(std::span<const double> values) {
  Estimate result{.n = static_cast<int>(values.size())};
  if (values.empty() || !std::ranges::all_of(values, [](double v) { return std::isfinite(v); }))
    return result;
  const auto n = static_cast<double>(values.size());
  result.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  const double standard_error = std::sqrt(squares / (n - 1) / n);
  result.half_width = student_t_quantile(0.975, result.n - 1) * standard_error;
  return result;
}

bool intervals_overlap(const Estimate& a, const Estimate& b) {
  return std::abs(a.mean - b.mean) <= a.half_width + b.half_width;
}

}  // namespace gradus::lab
