#include "lab/results/merge.hpp"

#include <algorithm>

#include "gradus/core/error.hpp"

namespace gradus::lab {
namespace {

void check(bool same, const std::string& what) {
  if (!same) throw Error("these races cannot be told together: they differ in " + what);
}

void check_alike(const RaceSettings& a, const RaceSettings& b) {
  check(a.task == b.task, "their task, " + a.task + " and " + b.task);
  check(a.title == b.title && a.parameters == b.parameters, "their model");
  check(a.data_checksum == b.data_checksum, "their data");
  check(a.steps == b.steps, "their steps, " + std::to_string(a.steps) + " and " + std::to_string(b.steps));
  check(a.looks == b.looks, "their looks");
  check(a.batch == b.batch, "their batch, " + std::to_string(a.batch) + " and " + std::to_string(b.batch));
  check(a.schedule == b.schedule, "their schedule, " + a.schedule + " and " + b.schedule);
  check(a.target == b.target, "their target");
}

void add_runs(Entry& entry, const Entry& more) {
  if (entry.chosen != more.chosen)
    throw Error("the entry " + more.rule + " has run at different points, and cannot be told as one");
  for (const Run& run : more.runs) {
    if (std::ranges::find(entry.runs, run.seed, &Run::seed) != entry.runs.end())
      throw Error("the entry " + more.rule + " has run twice with the seed " + std::to_string(run.seed));
    entry.runs.push_back(run);
  }
}

void add(RaceResults& whole, const RaceResults& race) {
  check_alike(whole.settings, race.settings);
  for (const Entry& entry : race.entries) {
    const auto same = std::ranges::find(whole.entries, entry.rule, &Entry::rule);
    if (same != whole.entries.end()) {
      add_runs(*same, entry);
      continue;
    }
    whole.entries.push_back(entry);
    whole.settings.rules.push_back(entry.rule);
    if (std::ranges::count(whole.entries, entry.label, &Entry::label) > 1)
      whole.entries.back().label = entry.rule;
  }
  for (const std::uint64_t seed : race.settings.seeds)
    if (std::ranges::find(whole.settings.seeds, seed) == whole.settings.seeds.end())
      whole.settings.seeds.push_back(seed);
  whole.settings.command += " && " + race.settings.command;
  whole.interrupted = whole.interrupted || race.interrupted;
  whole.seconds += race.seconds;
}

}  // namespace

RaceResults merged(std::span<const RaceResults> races) {
  if (races.empty()) throw Error("there are no races to tell of");
  RaceResults whole = races.front();
  for (const RaceResults& race : races.subspan(1)) add(whole, race);
  return whole;
}

}  // namespace gradus::lab
