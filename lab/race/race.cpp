#include "lab/race/race.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "lab/race/phased_optimizer.hpp"
#include "lab/race/rules.hpp"
#include "lab/race/search_plan.hpp"

namespace gradus::lab {
namespace {

/// A training: a trial that a search wants, or the final one of an entry and a seed.
struct Job {
  bool is_trial = false;
  SearchPlan::Wanted trial;
  std::size_t entry = 0, seed = 0;
};

KeptState kept_state(const StateOptions& state) {
  const bool plain = state.dtype == State::plain;
  return {std::string(name_of(state.dtype)), plain ? "" : std::string(name_of(state.rounding))};
}

Point in_force(const PhaseSpec& phase, const Point& point) {
  Point all;
  for (const FieldInfo& field : rule_at(phase, point).fields()) all[field.name] = field.value;
  return all;
}

class Race {
 public:
  Race(const RaceOptions& options, const Trainer& train, RaceObserver& observer,
       const std::atomic<bool>& stop)
      : options_(options),
        train_(train),
        observer_(observer),
        stop_(stop),
        plan_(options.entries, options.tuning),
        begun_(options.entries.size(), false) {
    results_.entries.reserve(options.entries.size());
    for (const EntrySpec& entry : options.entries) {
      Entry& result = results_.entries.emplace_back();
      result.rule = entry.text;
      result.label = entry.label;
      for (const PhaseSpec& phase : entry.phases) result.state.push_back(kept_state(phase.state));
      result.runs.resize(options.seeds.size());
    }
  }

  RaceResults run() {
    const auto start = std::chrono::steady_clock::now();
    enqueue();
    std::vector<std::thread> others;
    try {
      for (int i = 1; i < options_.threads; ++i) others.emplace_back([this] { work(); });
    } catch (const std::system_error&) {  // the system gives no more threads: fewer do the same work
    }
    work();
    for (std::thread& other : others) other.join();
    if (failure_) std::rethrow_exception(failure_);
    for (std::size_t i = 0; i < results_.entries.size(); ++i) conclude(i);
    results_.interrupted = stop_;
    results_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return std::move(results_);
  }

 private:
  void work() {
    while (std::optional<Job> job = take()) {
      try {
        perform(*job);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      --running_;
      if (!halted()) enqueue();
      wake_.notify_all();
    }
  }

  /// The next job; none when the race is over.
  std::optional<Job> take() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return halted() || !trials_.empty() || !runs_.empty() || running_ == 0; });
    std::deque<Job>& jobs = trials_.empty() ? runs_ : trials_;  // others wait for trials
    if (halted() || jobs.empty()) return std::nullopt;
    Job job = std::move(jobs.front());
    jobs.pop_front();
    ++running_;
    return job;
  }

  bool halted() const { return stop_ || failure_; }

  /// Queues what has become possible.
  void enqueue() {
    for (const SearchPlan::Wanted& wanted : plan_.next()) {
      asked_steps_ += wanted.ask.screening ? options_.tuning.screening_steps : options_.steps;
      trials_.push_back({true, wanted});
    }
    for (std::size_t entry = 0; entry < begun_.size(); ++entry) {
      const PhaseSearch& search = plan_.of_entry(entry);
      if (begun_[entry] || !search.done) continue;
      begun_[entry] = true;
      for (std::size_t seed = 0; seed < options_.seeds.size() && !search.chosen.empty(); ++seed)
        runs_.push_back({false, {}, entry, seed});
    }
    // Seed by seed, so that all rules get their share of a machine that is now slow and now fast.
    std::ranges::stable_sort(runs_, {}, &Job::seed);
  }

  [[nodiscard]] TrainingSpec spec_of(const Job& job) const {
    const PhaseSearch& search = job.is_trial ? plan_.searches()[job.trial.search] : plan_.of_entry(job.entry);
    const bool screening = job.is_trial && job.trial.ask.screening;
    const std::int64_t steps = screening ? options_.tuning.screening_steps : options_.steps;
    return {.schedule = options_.schedule,
            .phases = search.phases,
            .switch_at = search.switch_at,
            .points = job.is_trial ? job.trial.points : search.chosen,
            .steps = steps,
            .looks = screening ? std::vector{steps} : options_.looks,
            .batch = options_.batch,
            .seed = job.is_trial ? job.trial.ask.seed : options_.seeds[job.seed],
            .is_final = !job.is_trial,
            .probe = job.is_trial ? nullptr : options_.probe};
  }

  [[nodiscard]] RaceJob told(const Job& job, const TrainingSpec& spec) const {
    if (job.is_trial)
      return {plan_.searches()[job.trial.search].label,
              true,
              job.trial.number,
              spec.points,
              spec.seed,
              spec.steps};
    return {results_.entries[job.entry].label,
            false,
            static_cast<int>(job.seed) + 1,
            spec.points,
            spec.seed,
            spec.steps};
  }

  void perform(const Job& job) {
    std::unique_lock lock(mutex_);
    const TrainingSpec spec = spec_of(job);
    const RaceJob words = told(job, spec);
    lock.unlock();
    std::int64_t counted = 0;
    const TrainingRecord record = train_(spec, [&](const TrainingMoment& moment) {
      const std::lock_guard guard(mutex_);
      done_ += moment.steps_done - counted;
      counted = moment.steps_done;
      observer_.moved(words, moment, progress());
      return !halted();
    });
    lock.lock();
    done_ += spec.steps - counted;  // a run that diverged is through
    if (job.is_trial)
      record_trial(job.trial, spec, record);
    else
      results_.entries[job.entry].runs[job.seed] = as_run(spec, record);
    if (!record.stopped) observer_.finished(words, record, progress());
  }

  void record_trial(const SearchPlan::Wanted& wanted, const TrainingSpec& spec,
                    const TrainingRecord& record) {
    if (record.stopped) return;
    Trial trial{.points = spec.points, .steps = spec.steps, .seed = spec.seed};
    if (!record.train_loss.empty()) trial.train_loss = record.train_loss.back();
    trial.diverged = record.diverged || !std::isfinite(record.validation_loss.back());
    if (!trial.diverged) {
      trial.validation_loss = record.validation_loss.back();
      trial.validation_metric = record.validation_metric.back();
    }
    trial.seconds = record.seconds;
    plan_.record(wanted, std::move(trial));
  }

  static Run as_run(const TrainingSpec& spec, const TrainingRecord& record) {
    Run run;
    run.seed = spec.seed;
    run.points = spec.points;
    run.train_loss = record.train_loss;
    run.validation_loss = record.validation_loss;
    run.validation_metric = record.validation_metric;
    run.test_metric = record.test_metric;
    run.train_seconds = record.train_seconds;
    run.final_test_loss = record.final_test_loss;
    run.diverged = record.diverged || (!record.stopped && !std::isfinite(record.final_test_loss));
    run.finished = !record.stopped;
    if (run.finished && !run.diverged) run.final_test_metric = record.test_metric.back();
    run.seconds = record.seconds;
    run.optimizer_step_seconds = record.optimizer_step_seconds;
    run.layers = record.layers;
    run.probed = record.probed;
    return run;
  }

  void conclude(std::size_t index) {
    Entry& entry = results_.entries[index];
    const PhaseSearch& search = plan_.of_entry(index);
    entry.trials = plan_.trials_of_entry(index);
    entry.chosen = search.chosen;
    entry.at_edge = plan_.at_edge(index);
    entry.selection = plan_.selection(index);
    if (search.search) entry.space = search.search->space().text();
    for (std::size_t phase = 0; phase < search.chosen.size(); ++phase) {
      entry.in_force.push_back(in_force(search.phases[phase], search.chosen[phase]));
      entry.companions.push_back(companion_of(raced_rule(search.phases[phase].rule)));
    }
    std::erase_if(entry.runs, [](const Run& run) { return run.points.empty(); });  // never begun
  }

  [[nodiscard]] RaceProgress progress() const {
    const auto runs = static_cast<std::int64_t>(begun_.size() * options_.seeds.size());
    return {done_, asked_steps_ + plan_.outstanding_steps() + runs * options_.steps};
  }

  const RaceOptions& options_;
  const Trainer& train_;
  RaceObserver& observer_;
  const std::atomic<bool>& stop_;

  std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  SearchPlan plan_;
  std::vector<bool> begun_;  // by entry: its final runs are queued
  std::deque<Job> trials_, runs_;
  int running_ = 0;
  std::int64_t done_ = 0, asked_steps_ = 0;  // the latter of trials alone
  std::exception_ptr failure_;
  RaceResults results_;
};

}  // namespace

RaceResults run_race(const RaceOptions& options, const Trainer& train, RaceObserver& observer,
                     const std::atomic<bool>& stop) {
  return Race(options, train, observer, stop).run();
}

}  // namespace gradus::lab
