#include "lab/sharpness/sampled.hpp"

#include <cmath>
#include <numeric>

#include "gradus/core/error.hpp"
#include "lab/results/results.hpp"

namespace gradus::lab {

Sampled sampled(std::span<const double> draws) {
  if (draws.empty()) throw Error("a mean of no draws");
  const auto n = static_cast<double>(draws.size());
  const double mean = std::accumulate(draws.begin(), draws.end(), 0.0) / n;
  if (draws.size() == 1) return {mean, kNotMeasured};
  double squares = 0;
  for (const double draw : draws) squares += (draw - mean) * (draw - mean);
  return {mean, std::sqrt(squares / (n - 1) / n)};
}

}  // namespace gradus::lab
