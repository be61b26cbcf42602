#include "lab/minima/bands.hpp"

#include <algorithm>
#include <cmath>

#include "lab/results/results.hpp"

namespace gradus::lab {
namespace {

constexpr std::size_t kParts = 6;  // of the distance between two points that were measured

double log_loss(double loss) { return std::isfinite(loss) ? std::log(std::max(loss, 1e-12)) : kNotMeasured; }

/// The axis in parts.
std::vector<double> refined(const std::vector<double>& axis) {
  std::vector<double> fine;
  for (std::size_t i = 0; i + 1 < axis.size(); ++i)
    for (std::size_t part = 0; part < kParts; ++part)
      fine.push_back(std::lerp(axis[i], axis[i + 1], static_cast<double>(part) / kParts));
  fine.push_back(axis.back());
  return fine;
}

/// At the middle of part i of s and part j of t.
double log_loss_within(const Surface& plane, std::size_t i, std::size_t j) {
  const double s = (static_cast<double>(i % kParts) + 0.5) / kParts;
  const double t = (static_cast<double>(j % kParts) + 0.5) / kParts;
  const auto at = [&](std::size_t di, std::size_t dj) {
    return log_loss(plane.loss[i / kParts + di][j / kParts + dj]);
  };
  return (1 - s) * ((1 - t) * at(0, 0) + t * at(0, 1)) + s * ((1 - t) * at(1, 0) + t * at(1, 1));
}

/// From the least finite logarithm to the largest.
std::vector<double> log_edges(const Surface& plane, std::size_t steps) {
  std::vector<double> all;
  for (const std::vector<double>& row : plane.loss)
    for (const double loss : row)
      if (std::isfinite(loss)) all.push_back(log_loss(loss));
  if (all.empty()) return {};
  const auto [least, most] = std::ranges::minmax(all);
  std::vector<double> edges;
  for (std::size_t k = 0; k <= steps; ++k)
    edges.push_back(std::lerp(least, most, static_cast<double>(k) / static_cast<double>(steps)));
  return edges;
}

std::size_t step_of(double log_loss, const std::vector<double>& edges) {
  const auto above = std::upper_bound(edges.begin() + 1, edges.end() - 1, log_loss);
  return static_cast<std::size_t>(above - edges.begin()) - 1;
}

}  // namespace

Bands bands_of(const Surface& plane, std::size_t steps) {
  Bands map;
  const std::vector<double> edges = log_edges(plane, steps);
  for (const double edge : edges) map.edges.push_back(std::exp(edge));
  const std::vector<double> s = refined(plane.s), t = refined(plane.t);
  for (std::size_t j = 0; j + 1 < t.size(); ++j)
    for (std::size_t i = 0; i + 1 < s.size(); ++i) {
      const double loss = log_loss_within(plane, i, j);
      if (std::isnan(loss)) continue;
      const Band band{s[i], s[i + 1], t[j], t[j + 1], step_of(loss, edges)};
      Band* const last = map.bands.empty() ? nullptr : &map.bands.back();
      if (last != nullptr && last->t0 == band.t0 && last->s1 == band.s0 && last->step == band.step)
        last->s1 = band.s1;
      else
        map.bands.push_back(band);
    }
  return map;
}

}  // namespace gradus::lab
