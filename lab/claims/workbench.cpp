#include "lab/claims/workbench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <cmath>
#include <numeric>

#include "gradus/core/error.hpp"
#include "lab/race/train.hpp"
#include "lab/report/statistics.hpp"

namespace gradus::lab {
namespace {

std::vector<std::uint64_t> seeds_from(std::uint64_t first, std::size_t count) {
  std::vector<std::uint64_t> seeds(count);
  std::iota(seeds.begin(), seeds.end(), first);
  return seeds;
}

std::int64_t steps_of(const Budget& budget, std::int64_t epoch_steps) {
  return budget.in_epochs ? budget.count * epoch_steps : budget.count;
}

}  // namespace

std::vector<std::uint64_t> Workbench::seeds() const {
  return seeds_from(amount_.first_seed, amount_.quick ? 3 : 5);
}

const Task& Workbench::task(const TaskKind& kind) {
  std::unique_ptr<const Task>& task = tasks_[kind.name];
  if (!task) task = kind.load({});
  return *task;
}

RaceResults Workbench::race(const Contest& contest) {
  const TaskKind& kind = *contest.task;
  const Task& task = this->task(kind);
  const std::int64_t batch = contest.batch > 0 ? contest.batch : kind.batch;
  const std::int64_t epoch_steps = task.facts().epoch_examples / batch;
  const Budget own = amount_.quick ? contest.quick : contest.budget;
  const Budget usual = amount_.quick ? kind.quick : kind.budget;
  RaceOptions options;
  options.schedule = contest.schedule.empty() ? kind.schedule : contest.schedule;
  options.entries = parse_entries(contest.rules.empty() ? kind.rules : contest.rules);
  options.steps = steps_of(own.count > 0 ? own : usual, epoch_steps);
  options.looks = even_looks(options.steps, contest.looks > 0 ? contest.looks : kind.looks);
  options.batch = batch;
  options.probe = contest.probe;
  options.seeds = seeds();
  options.tuning = {.tuned = contest.tuned,
                    .trials = amount_.quick ? 3 : 5,
                    .screening_steps = std::max<std::int64_t>(options.steps / 4, 1),
                    .steps = options.steps,
                    .seeds = seeds_from(amount_.first_seed + 1000, amount_.quick ? 1 : 3)};
  options.threads = amount_.threads;
  RaceSettings settings;
  settings.gradus_version = amount_.version;
  settings.task = settings.title = kind.name;
  settings.metric = kind.metric;
  settings.data_checksum = task.facts().checksum;
  settings.parameters = task.facts().parameters;
  settings.steps = options.steps;
  settings.batch = options.batch;
  settings.looks = options.looks;
  settings.schedule = options.schedule;
  settings.seeds = options.seeds;
  RaceResults results = run_race(options, trainer(task, settings), observer_, stop_);
  if (results.interrupted) throw Stopped();
  results.settings = settings;
  return results;
}

Trainer Workbench::trainer(const Task& task, const RaceSettings& settings) {
  Trainer alone = [&task](const TrainingSpec& spec, const TrainingWatch& watch) {
    return train(spec, task, watch);
  };
  if (amount_.trainings.empty()) return alone;
  const std::string common = common_to_trainings(settings);
  boost::crc_32_type crc;
  crc.process_bytes(common.data(), common.size());
  const auto file = amount_.trainings / fmt::format("{}-{:08x}.jsonl", settings.steps, crc.checksum());
  return journals_.try_emplace(common, file, common, Journal::Mode::go_on)
      .first->second.remembering(std::move(alone));
}

const Entry& entry_of(const RaceResults& race, std::string_view name) {
  const auto found = std::ranges::find_if(
      race.entries, [&](const Entry& entry) { return entry.label == name || entry.rule == name; });
  if (found == race.entries.end()) throw Error("no such entry in the race: " + std::string(name));
  return *found;
}

std::vector<double> of_runs(const RaceResults& race, std::string_view name, double (*number)(const Run&)) {
  const Entry& entry = entry_of(race, name);
  std::vector<double> numbers(race.settings.seeds.size(), kNotMeasured);
  for (std::size_t i = 0; i < entry.runs.size(); ++i)
    if (!entry.runs[i].diverged) numbers[i] = number(entry.runs[i]);
  return numbers;
}

std::vector<double> test_metrics(const RaceResults& race, std::string_view label) {
  return of_runs(race, label, [](const Run& run) { return run.final_test_metric; });
}

std::vector<double> lead_of(const RaceResults& race, std::string_view a, std::string_view b) {
  const std::vector<double> of_a = test_metrics(race, a), of_b = test_metrics(race, b);
  const bool points = race.settings.metric.highest_is_best;
  std::vector<double> leads;
  for (std::size_t i = 0; i < of_a.size(); ++i)
    leads.push_back(100 * (points ? of_a[i] - of_b[i] : std::log(of_b[i] / of_a[i])));
  return leads;
}

std::vector<Question> joined(std::vector<Question> first, const std::vector<Question>& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

std::vector<double> operator-(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i) differences.push_back(a[i] - b.at(i));
  return differences;
}

double test_metric_at(const Run& run, std::size_t look) {
  return look < run.test_metric.size() ? run.test_metric[look] : kNotMeasured;
}

double median_rate_at(const Run& run, std::size_t look) {
  const std::vector<Quantiles>& rates = run.layers.at(0).effective_rates;
  return look < rates.size() ? rates[look][2] : kNotMeasured;
}

double log_decline_of_rate(const Run& run) {
  const std::size_t looks = run.layers.at(0).effective_rates.size();
  return std::log(median_rate_at(run, looks - 1) / median_rate_at(run, looks / 10));
}

void add_curves(Plot& plot, const std::string& panel, const RaceResults& race,
                double (*number)(const Run& run, std::size_t look)) {
  for (const Entry& entry : race.entries)
    for (std::size_t look = 0; look < race.settings.looks.size(); ++look) {
      std::vector<double> by_seed;
      for (const Run& run : entry.runs) by_seed.push_back(number(run, look));
      plot.points.push_back(
          curve_point(panel, entry.label, static_cast<double>(race.settings.looks[look]), by_seed));
    }
}

CurvePoint curve_point(std::string panel, std::string series, double x, const std::vector<double>& by_seed) {
  const Estimate e = estimate(by_seed);
  return {std::move(panel), std::move(series), x, e.mean, e.mean - e.half_width, e.mean + e.half_width};
}

}  // namespace gradus::lab
