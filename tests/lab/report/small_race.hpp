#pragma once

// Races to report on.

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/core/error.hpp"
#include "lab/report/summary.hpp"
#include "lab/results/results.hpp"

namespace gradus::lab {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

inline Trial trial(LearningRates lr, double accuracy) {
  Trial t;
  t.lr = std::move(lr);
  t.epochs = 2;
  t.train_loss = {0.9, 0.7};
  t.validation_loss = 1 - accuracy;
  t.validation_accuracy = accuracy;
  return t;
}

inline Trial diverged_trial(LearningRates lr) {
  Trial t = trial(std::move(lr), 0);
  t.train_loss = {0.9, kInfinity};
  t.validation_loss = kInfinity;
  t.validation_accuracy = kNotMeasured;
  t.diverged = true;
  return t;
}

/// A finished run that ends at `accuracy`, one point above the epoch before.
inline Run run(std::uint64_t seed, double accuracy, double loss) {
  Run r;
  r.seed = seed;
  r.lr = {0.01};
  r.train_loss = {2 * loss, loss};
  r.validation_accuracy = r.test_accuracy = {accuracy - 0.01, accuracy};
  r.final_test_loss = loss;
  r.final_test_accuracy = accuracy;
  r.optimizer_step_seconds = 1e-5 * static_cast<double>(seed);
  r.finished = true;
  return r;
}

inline Entry entry(const std::string& label, std::vector<double> accuracies, double loss) {
  Entry e;
  e.rule = e.label = label;
  e.state = {{"plain", ""}};
  e.trials = {trial({0.001}, 0.80), trial({0.01}, 0.85), trial({0.1}, 0.75)};
  e.chosen_lr = {0.01};
  for (std::size_t i = 0; i < accuracies.size(); ++i) e.runs.push_back(run(i + 1, accuracies[i], loss));
  return e;
}

inline void give_effective_rates(Entry& e) {
  for (Run& r : e.runs)
    for (const char* layer : {"fc1.weight", "fc2.weight"})
      r.effective_rates.push_back({layer, {{1e-3, 2e-3, 4e-3, 8e-3, 1e-1}, {1e-3, 2e-3, 4e-3, 8e-3, 2e-1}}});
}

inline void cut_to_one_epoch(Run& r) {
  r.train_loss.resize(1);
  r.test_accuracy.resize(1);
  for (LayerRates& layer : r.effective_rates) layer.by_epoch.resize(1);
}

/// `fast` and `near` overlap in accuracy; `poor` is far below both, `loss` tells `near` from the others.
inline RaceResults small_race() {
  RaceResults results;
  RaceSettings& s = results.settings;
  s.command = "gradus race --rules fast,near,poor";
  s.started = "2026-01-02T03:04:05Z";
  s.model = "mlp";
  s.rules = {"fast", "near", "poor"};
  s.epochs = s.tuning_epochs = 2;
  s.batch = 64;
  s.seeds = {1, 2, 3};
  s.trials = 3;
  s.threads = 2;
  s.schedule = "cosine";
  s.train_size = 50000;
  s.validation_size = 10000;
  s.test_size = 10000;
  s.parameters = 101770;
  s.data = "Fashion-MNIST";
  s.gradus_version = "0.1.0";
  s.instruction_set = "avx2";
  results.entries = {entry("fast", {0.880, 0.882, 0.884}, 0.30), entry("near", {0.879, 0.881, 0.883}, 0.25),
                     entry("poor", {0.840, 0.841, 0.842}, 0.50)};
  give_effective_rates(results.entries[0]);
  results.seconds = 12.5;
  return results;
}

inline RaceResults summarized(RaceResults results) {
  summarize(results);
  return results;
}

inline const Verdict& verdict(const RaceResults& results, std::string_view question) {
  const auto found = std::ranges::find(results.verdicts, question, &Verdict::question);
  if (found == results.verdicts.end()) throw Error("no verdict on " + std::string(question));
  return *found;
}

}  // namespace gradus::lab
