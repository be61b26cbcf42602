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

/// One learning rate a phase.
inline Points points(const std::vector<double>& rates) {
  Points all;
  for (const double rate : rates) all.push_back({{"lr", rate}});
  return all;
}

/// As long as a final run.
inline Trial trial(const std::vector<double>& rates, double accuracy) {
  Trial t;
  t.points = points(rates);
  t.steps = 200;
  t.seed = 1001;
  t.train_loss = 0.7;
  t.validation_loss = 1 - accuracy;
  t.validation_metric = accuracy;
  return t;
}

inline Trial diverged_trial(const std::vector<double>& rates) {
  Trial t = trial(rates, 0);
  t.train_loss = t.validation_loss = kInfinity;
  t.validation_metric = kNotMeasured;
  t.diverged = true;
  return t;
}

/// A finished run that ends at `accuracy`, one point above the look before.
inline Run run(std::uint64_t seed, double accuracy, double loss) {
  Run r;
  r.seed = seed;
  r.points = points({0.01});
  r.train_loss = {2 * loss, loss};
  r.validation_loss = {loss + 0.1, loss};
  r.validation_metric = r.test_metric = {accuracy - 0.01, accuracy};
  r.train_seconds = {1, 2};
  r.final_test_loss = loss;
  r.final_test_metric = accuracy;
  r.optimizer_step_seconds = 1e-5 * static_cast<double>(seed);
  r.finished = true;
  return r;
}

inline Entry entry(const std::string& label, std::vector<double> accuracies, double loss) {
  Entry e;
  e.rule = e.label = label;
  e.state = {{"plain", ""}};
  e.in_force = {{{"lr", 0.01}, {"eps", 1e-8}}};
  e.companions = {""};
  e.trials = {trial({0.001}, 0.80), trial({0.01}, 0.85), trial({0.1}, 0.75)};
  e.chosen = points({0.01});
  e.selection = {{{{"lr", 0.01}}, 1}};
  for (std::size_t i = 0; i < accuracies.size(); ++i) e.runs.push_back(run(i + 1, accuracies[i], loss));
  return e;
}

inline void give_layers(Entry& e) {
  for (Run& r : e.runs)
    for (const char* layer : {"fc1.weight", "fc2.weight"})
      r.layers.push_back(
          {layer, {{1e-3, 2e-3, 4e-3, 8e-3, 1e-1}, {1e-3, 2e-3, 4e-3, 8e-3, 2e-1}}, {2e-3, 1e-3}});
}

inline void cut_to_one_look(Run& r) {
  for (auto* curve :
       {&r.train_loss, &r.validation_loss, &r.validation_metric, &r.test_metric, &r.train_seconds})
    curve->resize(1);
  for (LayerSteps& layer : r.layers) layer.effective_rates.resize(1);
}

/// Three seeds each. `near` is below `fast` in every seed by the same tenth of a point: less than matters; `poor` is
/// far below both; `loss` tells `near` from the others.
inline RaceResults small_race() {
  RaceResults results;
  RaceSettings& s = results.settings;
  s.command = "gradus race --rules fast,near,poor";
  s.started = "2026-01-02T03:04:05Z";
  s.task = "fashion-mlp";
  s.title = "a net on pictures";
  s.metric = {.name = "accuracy",
              .highest_is_best = true,
              .scale = 100,
              .unit = "%",
              .digits = 2,
              .chance = 0.1,
              .margin = 0.0025};
  s.rules = {"fast", "near", "poor"};
  s.steps = 200;
  s.epoch_steps = 100;
  s.looks = {100, 200};
  s.batch = 64;
  s.schedule = "cosine";
  s.seeds = {1, 2, 3};
  s.tuned = {"lr"};
  s.trials = 3;
  s.screening_steps = 50;
  s.tuning_seeds = {1001, 1002, 1003};
  s.threads = 2;
  s.target = 0.84;
  s.train_size = 50000;
  s.validation_size = 10000;
  s.test_size = 10000;
  s.parameters = 101770;
  s.data = "Fashion-MNIST";
  s.data_checksum = "crc32:01234567";
  s.machine = {"a processor", "GNU 12.2.0", "1.13.1", "libopenblas.so", "avx2"};
  s.gradus_version = "0.1.0";
  results.entries = {entry("fast", {0.880, 0.882, 0.884}, 0.30), entry("near", {0.879, 0.881, 0.883}, 0.25),
                     entry("poor", {0.840, 0.841, 0.842}, 0.50)};
  give_layers(results.entries[0]);
  results.seconds = 12.5;
  return results;
}

inline RaceResults summarized(RaceResults results) {
  summarize(results);
  return results;
}

inline Verdict verdict(const RaceResults& results, std::string_view question) {
  const auto found = std::ranges::find(results.verdicts, question, &Verdict::question);
  if (found == results.verdicts.end()) throw Error("no verdict on " + std::string(question));
  return *found;
}

}  // namespace gradus::lab
