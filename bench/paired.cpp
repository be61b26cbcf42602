#include "paired.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

namespace gradus::bench {

namespace {

std::vector<Row>& kept() {
  static std::vector<Row> all;
  return all;
}

double seconds_of(const std::function<void()>& f, std::size_t calls) {
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < calls; ++i) f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// So many that the clock's own time does not count.
std::size_t calls_a_turn(const std::function<void()>& f) {
  constexpr double kTurn = 50e-6;
  f();
  return std::max<std::size_t>(1, static_cast<std::size_t>(kTurn / seconds_of(f, 1)));
}

/// Google Benchmark calls a benchmark several times, with more iterations each; the last one counts.
void keep(Row row) {
  const auto same = [&](const Row& other) {
    return other.name == row.name && other.reference_name == row.reference_name;
  };
  const auto it = std::find_if(kept().begin(), kept().end(), same);
  if (it == kept().end())
    kept().push_back(std::move(row));
  else
    *it = std::move(row);
}

std::string text_of(const Goal& goal) {
  char text[64] = "";
  if (goal.least_ratio > 0) std::snprintf(text, sizeof text, "ratio >= %.3g", goal.least_ratio);
  if (goal.most_times > 0)
    std::snprintf(text, sizeof text, "time <= %.3g x + %.3g us", goal.most_times, goal.most_more * 1e6);
  return text;
}

}  // namespace

const std::vector<Row>& rows() { return kept(); }

void run_in_turn(benchmark::State& state, const std::string& table, const Side& ours, const Side& reference,
                 const Goal& goal) {
  const std::size_t our_calls = calls_a_turn(ours.run), reference_calls = calls_a_turn(reference.run);
  std::vector<double> our_times, reference_times, ratios;
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(our_calls))) {
    // In the order a b b a, since what comes second may find the threads awake.
    const bool we_first = ratios.size() % 2 == 0;
    double a = we_first ? seconds_of(ours.run, our_calls) : 0;
    const double b = seconds_of(reference.run, reference_calls);
    if (!we_first) a = seconds_of(ours.run, our_calls);
    state.SetIterationTime(a);
    our_times.push_back(a / static_cast<double>(our_calls));
    reference_times.push_back(b / static_cast<double>(reference_calls));
    ratios.push_back(reference_times.back() / our_times.back());
  }
  const auto middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
  std::nth_element(ratios.begin(), middle, ratios.end());
  state.counters["ratio"] = *middle;

  const double best = *std::min_element(our_times.begin(), our_times.end());
  const double best_reference = *std::min_element(reference_times.begin(), reference_times.end());
  const bool short_enough = goal.most_times == 0 || best <= goal.most_times * best_reference + goal.most_more;
  const bool met = *middle >= goal.least_ratio && short_enough;
  keep({table, ours.name, best, best_reference, *middle, reference.name, text_of(goal), met});
}

}  // namespace gradus::bench
