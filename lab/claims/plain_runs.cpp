#include "lab/claims/plain_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/statistics/bivariate_statistics.hpp>
#include <cmath>

#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

/// The mean place in order, 0 for the least.
std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<double> sorted = values, ranks;
  std::ranges::sort(sorted);
  for (const double value : values) {
    const auto same = std::equal_range(sorted.begin(), sorted.end(), value);
    ranks.push_back(static_cast<double>((same.first - sorted.begin()) + (same.second - sorted.begin()) - 1) /
                    2);
  }
  return ranks;
}

}  // namespace

std::vector<Way> train_in_all_ways(Workbench& bench, const std::string& rule, double middle_lr) {
  std::vector<Way> ways;
  for (const std::int64_t batch : {32, 128, 512}) {
    const double lrs[] = {middle_lr / 3, middle_lr, middle_lr * 3};
    std::string rules;
    for (const double lr : lrs) rules += fmt::format("{}{}:lr={:.3g}", rules.empty() ? "" : ",", rule, lr);
    const RaceResults race = bench.race({.task = &kFashionMlp,
                                         .rules = rules,
                                         .schedule = "constant",
                                         .budget = {.count = 1500},
                                         .quick = {.count = 150},
                                         .looks = 8,
                                         .batch = batch,
                                         .probe = &kSharpness});
    for (std::size_t i = 0; i < race.entries.size(); ++i)
      ways.push_back({rule, lrs[i], batch, race.entries[i].runs});
  }
  return ways;
}

double stated_loss(const Workbench& bench) { return bench.is_quick() ? 0.7 : 0.35; }

double rank_correlation(const std::vector<double>& a, const std::vector<double>& b) {
  constexpr std::size_t kFewest = 6;
  std::vector<double> both_a, both_b;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!std::isfinite(a[i]) || !std::isfinite(b.at(i))) continue;
    both_a.push_back(a[i]);
    both_b.push_back(b[i]);
  }
  if (both_a.size() < kFewest) return kNotMeasured;
  return boost::math::statistics::correlation_coefficient(ranks(both_a), ranks(both_b));
}

}  // namespace gradus::lab
