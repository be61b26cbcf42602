#pragma once

// Races whose figures are not like others.

#include <map>
#include <string>

#include "small_race.hpp"

namespace gradus::lab {

inline RaceResults race_of(std::size_t rules) {
  RaceResults results = small_race();
  results.entries.clear();
  for (std::size_t i = 0; i < rules; ++i) {
    const double merit = 0.001 * static_cast<double>(i);
    results.entries.push_back(
        entry("rule" + std::to_string(i), {0.88 - merit, 0.87 - merit, 0.89 - merit}, 0.3 + merit));
    give_layers(results.entries.back());
  }
  return results;
}

/// The second rule's runs end in infinities, its trials too but one.
inline RaceResults race_with_divergence() {
  RaceResults results = small_race();
  Entry& entry = results.entries[1];
  entry.trials = {trial({0.001}, 0.2), diverged_trial({0.01}), diverged_trial({0.1})};
  for (Run& run : entry.runs) {
    run.train_loss[1] = kInfinity;
    run.test_metric.resize(1);
    run.final_test_metric = kNotMeasured;
    run.diverged = true;
  }
  return results;
}

inline RaceResults race_with_nothing_measured() {
  RaceResults results = small_race();
  for (Run& run : results.entries[0].runs) {
    for (double& loss : run.train_loss) loss = kNotMeasured;
    for (LayerSteps& layer : run.layers) layer.effective_rates[1].fill(kNotMeasured);
  }
  return results;
}

inline constexpr const char* kHostileNames[] = {"</script><script>alert(1)</script>",
                                                "<!-- \\ \" ' ` & <b>",
                                                "a.b[0]['c'].d\n{{x}}",
                                                "__proto__",
                                                "datum.mean); alert(1",
                                                "\xff not UTF-8"};

inline RaceResults race_of_hostile_names() {
  RaceResults results = race_of(std::size(kHostileNames));
  for (std::size_t i = 0; i < std::size(kHostileNames); ++i) {
    Entry& entry = results.entries[i];
    entry.rule = entry.label = kHostileNames[i];
    for (Run& run : entry.runs) run.layers[0].layer = "layer " + entry.label;
  }
  return results;
}

inline std::map<std::string, RaceResults> figure_cases() {
  std::map<std::string, RaceResults> cases{{"small", small_race()},
                                           {"one", race_of(1)},
                                           {"fifteen", race_of(15)},
                                           {"diverged", race_with_divergence()},
                                           {"unmeasured", race_with_nothing_measured()},
                                           {"hostile", race_of_hostile_names()}};
  for (auto& [name, results] : cases) summarize(results);
  return cases;
}

}  // namespace gradus::lab
