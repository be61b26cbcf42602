#include "lab/results/check.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "lab/results/fields_json.hpp"

namespace gradus::lab {
namespace {

constexpr int kMostDigits = 17;

std::string place(const char* list, std::size_t i) { return list + ("[" + std::to_string(i) + "]"); }

void check_points(const Points& points, const std::string& where) {
  for (const Point& point : points)
    if (!point.contains("lr")) json::refuse(where, "points with an lr each");
}

void check_run(const Run& run, const RaceSettings& settings, const std::string& where) {
  check_points(run.points, where + ".points");
  for (const auto* curve :
       {&run.train_loss, &run.validation_loss, &run.validation_metric, &run.test_metric, &run.train_seconds})
    if (curve->size() > settings.looks.size()) json::refuse(where, "of no more numbers than there are looks");
  if (std::ranges::find(settings.seeds, run.seed) == settings.seeds.end())
    json::refuse(where + ".seed", "one of settings.seeds");
}

void check_phases(const Entry& entry, const std::string& where) {
  check_points(entry.chosen, where + ".chosen");
  if (entry.chosen.empty() && !entry.runs.empty()) json::refuse(where + ".chosen", "there, as it has runs");
  for (const auto& [name, count] :
       {std::pair{".in_force", entry.in_force.size()}, {".companions", entry.companions.size()}})
    if (count != entry.chosen.size()) json::refuse(where + name, "of as many phases as chosen");
}

/// Each run has a seed of its own.
void check_seeds(const Entry& entry, const std::string& where) {
  std::set<std::uint64_t> seeds;
  for (const Run& run : entry.runs)
    if (!seeds.insert(run.seed).second) json::refuse(where + ".runs", "one for each seed");
}

void check_entry(const Entry& entry, const RaceSettings& settings, const std::string& where) {
  check_phases(entry, where);
  check_seeds(entry, where);
  for (std::size_t i = 0; i < entry.trials.size(); ++i) {
    const std::string trial = where + "." + place("trials", i);
    if (entry.trials[i].points.empty()) json::refuse(trial + ".points", "one for each phase");
    check_points(entry.trials[i].points, trial + ".points");
  }
  for (const Share& share : entry.selection)
    if (!(share.share >= 0 && share.share <= 1)) json::refuse(where + ".selection", "of shares from 0 to 1");
  if (!entry.selection.empty() && settings.tuning_seeds.empty())
    json::refuse("settings.tuning_seeds", "there, as points were chosen");
  for (std::size_t i = 0; i < entry.runs.size(); ++i)
    check_run(entry.runs[i], settings, where + "." + place("runs", i));
}

}  // namespace

void check(const RaceResults& results) {
  const RaceSettings& s = results.settings;
  if (s.metric.digits < 0 || s.metric.digits > kMostDigits)
    json::refuse("settings.metric.digits", "from 0 to " + std::to_string(kMostDigits));
  if (!std::ranges::is_sorted(s.looks)) json::refuse("settings.looks", "in order");
  for (const auto& [name, number] :
       {std::pair{"steps", s.steps}, {"epoch_steps", s.epoch_steps}, {"batch", s.batch}})
    if (number < 0) json::refuse(std::string("settings.") + name, "a number that is not negative");
  std::set<std::string> labels;
  for (std::size_t i = 0; i < results.entries.size(); ++i) {
    check_entry(results.entries[i], s, place("entries", i));
    if (!labels.insert(results.entries[i].label).second)
      json::refuse(place("entries", i) + ".label", "its own");
  }
}

}  // namespace gradus::lab
