#include "lab/race/rate_search.hpp"

#include <cmath>
#include <utility>

#include "gradus/core/error.hpp"

namespace gradus::lab {
namespace {

int nearest_grid_point(double rate) { return static_cast<int>(std::lround(2 * std::log10(rate))); }

}  // namespace

double grid_rate(int k) { return std::pow(10.0, k / 2.0); }

double usual_rate(std::string_view rule, double default_rate) {
  static constexpr std::pair<std::string_view, double> kUsual[] = {
      {"sgd", 0.3}, {"momentum", 0.03}, {"nesterov", 0.03}, {"rmsprop", 1e-3}};
  for (const auto& [name, rate] : kUsual)
    if (name == rule) return rate;
  return default_rate > 0 ? default_rate : 1e-3;
}

RateSearch::RateSearch(double start, int trials) : middle_(nearest_grid_point(start)), reach_(trials / 2) {
  if (trials < 1 || trials % 2 == 0) throw Error("the number of trials must be odd");
}

std::vector<double> RateSearch::next() {
  std::vector<int> wanted;
  if (tried_.empty()) {
    for (int k = middle_ - reach_; k <= middle_ + reach_; ++k) wanted.push_back(k);
  } else if (const std::optional<int> further = extension()) {
    wanted.push_back(*further);
  }
  std::vector<double> rates;
  for (const int k : wanted) {
    tried_.emplace(k, std::nullopt);
    rates.push_back(grid_rate(k));
  }
  return rates;
}

void RateSearch::record(double lr, const Score& score) { tried_.at(nearest_grid_point(lr)) = score; }

bool RateSearch::done() const {
  if (tried_.empty()) return false;
  for (const auto& [k, score] : tried_)
    if (!score) return false;
  return !extension();
}

/// The grid point beyond the best one, if that is at an
/// edge that may move. None while scores are still to come.
std::optional<int> RateSearch::extension() const {
  for (const auto& [k, score] : tried_)
    if (!score) return std::nullopt;
  const int lowest = tried_.begin()->first, highest = tried_.rbegin()->first;
  // When everything diverged, the rates were too high.
  const int best = best_index().value_or(lowest);
  if (best == lowest && lowest > middle_ - reach_ - kMostExtensions) return lowest - 1;
  if (best == highest && highest < middle_ + reach_ + kMostExtensions) return highest + 1;
  return std::nullopt;
}

std::optional<int> RateSearch::best_index() const {
  std::optional<int> best;
  const auto better = [](const Score& a, const Score& b) {
    return a.accuracy > b.accuracy || (a.accuracy == b.accuracy && a.loss < b.loss);
  };
  for (const auto& [k, score] : tried_)
    if (score && !score->diverged && (!best || better(*score, *tried_.at(*best)))) best = k;
  return best;
}

std::optional<double> RateSearch::best() const {
  const std::optional<int> k = best_index();
  return k ? std::optional(grid_rate(*k)) : std::nullopt;
}

bool RateSearch::best_at_edge() const {
  const std::optional<int> k = best_index();
  return k && (*k == tried_.begin()->first || *k == tried_.rbegin()->first);
}

}  // namespace gradus::lab
