#include "lab/race/search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <utility>

#include "gradus/core/error.hpp"

namespace gradus::lab {
namespace {

struct Moments {
  double mean = 0;
  double variance = 0;  // of a value, with n - 1; 0 where there is one
};

Moments moments(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, values.size() > 1 ? squares / (n - 1) : 0};
}

/// All ways to draw n of n with repetition where they are few, otherwise many of them.
std::vector<std::vector<std::uint64_t>> resamples(const std::vector<std::uint64_t>& seeds) {
  constexpr std::size_t kMostExhaustive = 5, kDrawn = 2000;
  const std::size_t n = seeds.size();
  std::vector<std::vector<std::uint64_t>> all;
  if (n > kMostExhaustive) {
    std::mt19937_64 random(1);
    for (std::size_t i = 0; i < kDrawn; ++i) {
      std::vector<std::uint64_t>& drawn = all.emplace_back(n);
      for (std::uint64_t& seed : drawn) seed = seeds[random() % n];
    }
    return all;
  }
  std::size_t count = 1;
  for (std::size_t i = 0; i < n; ++i) count *= n;
  for (std::size_t code = 0; code < count; ++code) {
    std::vector<std::uint64_t>& drawn = all.emplace_back();
    for (std::size_t i = 0, rest = code; i < n; ++i, rest /= n) drawn.push_back(seeds[rest % n]);
  }
  return all;
}

}  // namespace

Search::Search(Space space, TuningPlan plan) : space_(std::move(space)), plan_(std::move(plan)) {
  if (plan_.trials < 1 || plan_.seeds.empty()) throw Error("a search needs a trial and a seed");
  static_cast<void>(space_.first(plan_.trials));  // throws Error where there are too many
}

bool Search::waiting() const {
  for (const auto* tried : {&screened_, &whole_})
    for (const auto& [number, scores] : *tried)
      for (const auto& [seed, score] : scores)
        if (!score) return true;
  return false;
}

std::vector<Search::Ask> Search::ask(const std::vector<int>& numbers, bool screening, std::uint64_t seed) {
  std::vector<Ask> asks;
  for (const int number : numbers)
    if ((screening ? screened_ : whole_)[number].emplace(seed, std::nullopt).second)
      asks.push_back({number, screening, seed});
  return asks;
}

void Search::record(const Ask& ask, const Score& score) {
  (ask.screening ? screened_ : whole_).at(ask.number).at(ask.seed) = score;
}

std::vector<Search::Ask> Search::next() {
  if (done_ || waiting()) return {};
  std::vector<Ask> asks;
  if (whole_.empty() && screens()) asks = screen();
  if (whole_.empty() && asks.empty()) return begin_whole();
  if (!asks.empty()) return asks;
  if (const auto further = beyond(whole_, best_whole(), first_finalist_, last_finalist_,
                                  screens() ? kMostWholeExtensions : kMostExtensions))
    return ask({*further}, false, plan_.seeds.front());
  for (const std::uint64_t seed : plan_.seeds)
    for (const Ask& wanted : ask(last_two(), false, seed)) asks.push_back(wanted);
  done_ = asks.empty();
  return asks;
}

std::vector<Search::Ask> Search::screen() {
  const std::vector<int> first = space_.first(plan_.trials);
  if (screened_.empty()) return ask(first, true, plan_.seeds.front());
  const auto further = beyond(screened_, best_screened(), first.front(), first.back(), kMostExtensions);
  return further ? ask({*further}, true, plan_.seeds.front()) : std::vector<Ask>{};
}

std::vector<Search::Ask> Search::begin_whole() {
  std::vector<int> finalists = screens() ? best_screened() : space_.first(plan_.trials);
  if (screens() && finalists.size() > kFinalists) finalists.resize(kFinalists);
  done_ = finalists.empty();
  if (done_) return {};
  const auto [lowest, highest] = std::ranges::minmax(finalists);
  first_finalist_ = lowest;
  last_finalist_ = highest;
  return ask(finalists, false, plan_.seeds.front());
}

/// The point beyond the best one, if that is the first or last tried of a grid, and it may go on there.
std::optional<int> Search::beyond(const std::map<int, Scores>& tried, const std::vector<int>& best, int first,
                                  int last, int most) const {
  if (!space_.is_grid()) return std::nullopt;
  const int lowest = tried.begin()->first, highest = tried.rbegin()->first;
  const int at = best.empty() ? lowest : best.front();  // when everything diverged, rates were too high
  if (at == lowest && lowest > first - most) return lowest - 1;
  if (at == highest && highest < last + most) return highest + 1;
  return std::nullopt;
}

namespace {

/// Numbers of points that did not diverge with the first seed, lowest loss first.
template <class Tried>
std::vector<int> by_loss(const Tried& tried, std::uint64_t seed) {
  std::vector<std::pair<double, int>> losses;
  for (const auto& [number, scores] : tried)
    if (const auto found = scores.find(seed); found != scores.end() && !found->second->diverged)
      losses.emplace_back(found->second->loss, number);
  std::ranges::sort(losses);
  std::vector<int> numbers;
  for (const auto& [loss, number] : losses) numbers.push_back(number);
  return numbers;
}

}  // namespace

std::vector<int> Search::best_screened() const { return by_loss(screened_, plan_.seeds.front()); }
std::vector<int> Search::best_whole() const { return by_loss(whole_, plan_.seeds.front()); }

std::vector<int> Search::last_two() const {
  std::vector<int> best = best_whole();
  if (best.size() > kLast) best.resize(kLast);
  return best;
}

/// Had these been the tuning seeds. None if every training diverged.
std::optional<int> Search::choice(const std::vector<std::uint64_t>& seeds) const {
  const auto losses = [&](int number) {
    std::vector<double> all;
    for (const std::uint64_t seed : seeds) {
      const Score& score = *whole_.at(number).at(seed);
      all.push_back(score.diverged ? std::numeric_limits<double>::infinity() : score.loss);
    }
    return all;
  };
  const std::vector<int> finalists = last_two();
  if (finalists.size() < 2) return finalists.empty() ? std::nullopt : std::optional(finalists.front());
  const auto rate = [&](int number) {
    const Point point = space_.at(number);
    const auto lr = point.find("lr");
    return lr == point.end() ? 0 : lr->second;
  };
  const auto [low, high] =
      std::minmax(finalists[0], finalists[1], [&](int a, int b) { return rate(a) < rate(b); });
  const std::vector<double> low_losses = losses(low), high_losses = losses(high);
  if (!std::isfinite(moments(high_losses).mean)) return low;
  if (!std::isfinite(moments(low_losses).mean)) return high;
  std::vector<double> worse;
  for (std::size_t i = 0; i < seeds.size(); ++i) worse.push_back(low_losses[i] - high_losses[i]);
  const Moments m = moments(worse);
  return m.mean <= std::sqrt(m.variance / static_cast<double>(seeds.size())) ? low : high;
}

std::optional<Point> Search::chosen() const {
  const std::optional<int> number = choice(plan_.seeds);
  return number ? std::optional(space_.at(*number)) : std::nullopt;
}

std::vector<std::string> Search::at_edge() const {
  const std::optional<int> number = choice(plan_.seeds);
  if (!number || !space_.is_grid()) return {};
  int lowest = *number, highest = *number;
  for (const auto* tried : {&screened_, &whole_})
    if (!tried->empty()) {
      lowest = std::min(lowest, tried->begin()->first);
      highest = std::max(highest, tried->rbegin()->first);
    }
  return *number == lowest || *number == highest ? std::vector<std::string>{"lr"}
                                                 : std::vector<std::string>{};
}

std::vector<Share> Search::selection() const {
  if (!chosen()) return {};
  const std::vector<std::vector<std::uint64_t>> drawn = resamples(plan_.seeds);
  std::map<int, int> counts;
  for (const std::vector<std::uint64_t>& seeds : drawn) ++counts[*choice(seeds)];
  std::vector<Share> shares;
  for (const auto& [number, count] : counts)
    shares.push_back({space_.at(number), count / static_cast<double>(drawn.size())});
  return shares;
}

std::int64_t Search::outstanding_steps() const {
  if (done_) return 0;
  const auto others = static_cast<std::int64_t>(kLast * (plan_.seeds.size() - 1));
  const auto finalists = static_cast<std::int64_t>(kFinalists);
  std::int64_t steps = 0;
  if (screens() && screened_.empty()) steps += plan_.trials * plan_.screening_steps;
  const std::int64_t first = screens() ? finalists : plan_.trials;
  if (whole_.empty()) steps += first * plan_.steps;
  const bool last_asked = std::ranges::any_of(whole_, [](const auto& w) { return w.second.size() > 1; });
  return steps + (last_asked ? 0 : others * plan_.steps);
}

}  // namespace gradus::lab
