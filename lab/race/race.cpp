#include "lab/race/race.hpp"

#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "lab/race/search_plan.hpp"

namespace gradus::lab {
namespace {

constexpr std::uint64_t kTuningSeed = 0;

struct Task {
  bool is_trial;
  std::size_t index;  // of the search, or of the entry
  int number;         // among the entry's trials or seeds, from 1
  LearningRates lr;
};

std::size_t index_of(const Task& task) { return static_cast<std::size_t>(task.number - 1); }

KeptState kept_state(const StateOptions& state) {
  const bool plain = state.dtype == State::plain;
  return {std::string(name_of(state.dtype)), plain ? "" : std::string(name_of(state.rounding))};
}

class Race {
 public:
  Race(const RaceOptions& options, const Trainer& train, RaceObserver& observer,
       const std::atomic<bool>& stop)
      : options_(options),
        train_(train),
        observer_(observer),
        stop_(stop),
        plan_(options.entries, options.trials),
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
    std::vector<std::thread> workers;
    try {
      for (int i = 0; i < options_.threads; ++i) workers.emplace_back([this] { work(); });
    } catch (const std::system_error&) {  // the system gives no more threads: fewer do the same work
      if (workers.empty()) work();
    }
    for (std::thread& worker : workers) worker.join();
    if (failure_) std::rethrow_exception(failure_);
    for (std::size_t i = 0; i < results_.entries.size(); ++i) conclude(i);
    results_.interrupted = stop_;
    results_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return std::move(results_);
  }

 private:
  void work() {
    while (std::optional<Task> task = take()) {
      try {
        perform(*task);
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

  /// The next task; none when the race is over.
  std::optional<Task> take() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return halted() || !trials_.empty() || !runs_.empty() || running_ == 0; });
    std::deque<Task>& tasks = trials_.empty() ? runs_ : trials_;  // others wait for trials
    if (halted() || tasks.empty()) return std::nullopt;
    Task task = std::move(tasks.front());
    tasks.pop_front();
    ++running_;
    return task;
  }

  bool halted() const { return stop_ || failure_; }

  /// Queues what has become possible.
  void enqueue() {
    for (const SearchPlan::Wanted& wanted : plan_.next())
      trials_.push_back({true, wanted.search, wanted.number, wanted.lr});
    for (std::size_t entry = 0; entry < begun_.size(); ++entry) {
      const Search& search = plan_.of_entry(entry);
      if (begun_[entry] || !search.done) continue;
      begun_[entry] = true;
      for (std::size_t seed = 0; seed < options_.seeds.size() && !search.chosen.empty(); ++seed)
        runs_.push_back({false, entry, static_cast<int>(seed) + 1, search.chosen});
    }
  }

  void perform(const Task& task) {
    const Search& search = task.is_trial ? plan_.searches()[task.index] : plan_.of_entry(task.index);
    const TrainingSpec spec{.model = options_.model,
                            .schedule = options_.schedule,
                            .phases = search.phases,
                            .switch_at = search.switch_at,
                            .lr = task.lr,
                            .epochs = task.is_trial ? options_.tuning_epochs : options_.epochs,
                            .batch = options_.batch,
                            .seed = task.is_trial ? kTuningSeed : options_.seeds[index_of(task)],
                            .with_test = !task.is_trial};
    const RaceJob job{search.label, task.is_trial, task.number, task.lr, spec.seed, spec.epochs};
    double counted = 0;
    const TrainingRecord record = train_(spec, [&](const TrainingMoment& moment) {
      const std::lock_guard lock(mutex_);
      done_ += moment.epochs_done - counted;
      counted = moment.epochs_done;
      observer_.moved(job, moment, progress());
      return !halted();
    });
    const std::lock_guard lock(mutex_);
    done_ += spec.epochs - counted;  // a run that diverged is through
    if (task.is_trial)
      record_trial(task, spec, record);
    else
      results_.entries[task.index].runs[index_of(task)] = as_run(spec, record);
    if (!record.stopped) observer_.finished(job, record, progress());
  }

  void record_trial(const Task& task, const TrainingSpec& spec, const TrainingRecord& record) {
    if (record.stopped) return;
    Trial trial{.lr = task.lr, .epochs = spec.epochs, .train_loss = record.train_loss};
    trial.diverged = record.diverged || !std::isfinite(record.validation_loss.back());
    if (!trial.diverged) {
      trial.validation_loss = record.validation_loss.back();
      trial.validation_accuracy = record.validation_accuracy.back();
    }
    trial.seconds = record.seconds;
    plan_.record(task.index, std::move(trial));
  }

  static Run as_run(const TrainingSpec& spec, const TrainingRecord& record) {
    Run run;
    run.seed = spec.seed;
    run.lr = spec.lr;
    run.train_loss = record.train_loss;
    run.validation_accuracy = record.validation_accuracy;
    run.test_accuracy = record.test_accuracy;
    run.final_test_loss = record.final_test_loss;
    run.diverged = record.diverged;
    run.finished = !record.stopped;
    if (run.finished && !run.diverged) run.final_test_accuracy = record.test_accuracy.back();
    run.seconds = record.seconds;
    run.optimizer_step_seconds = record.optimizer_step_seconds;
    run.effective_rates = record.effective_rates;
    return run;
  }

  void conclude(std::size_t index) {
    Entry& entry = results_.entries[index];
    entry.trials = plan_.trials_of_entry(index);
    entry.chosen_lr = plan_.of_entry(index).chosen;
    entry.best_at_edge = plan_.best_at_edge(index);
    std::erase_if(entry.runs, [](const Run& run) { return run.lr.empty(); });  // never begun
  }

  [[nodiscard]] RaceProgress progress() const {
    double planned = static_cast<double>(plan_.outstanding()) * options_.tuning_epochs +
                     static_cast<double>(begun_.size() * options_.seeds.size()) * options_.epochs;
    for (const Search& search : plan_.searches())
      planned += static_cast<double>(search.asked) * options_.tuning_epochs;
    return {done_, planned};
  }

  const RaceOptions& options_;
  const Trainer& train_;
  RaceObserver& observer_;
  const std::atomic<bool>& stop_;

  std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  SearchPlan plan_;
  std::vector<bool> begun_;  // by entry: its final runs are queued
  std::deque<Task> trials_, runs_;
  int running_ = 0;
  double done_ = 0;
  std::exception_ptr failure_;
  RaceResults results_;
};

}  // namespace

RaceResults run_race(const RaceOptions& options, const Trainer& train, RaceObserver& observer,
                     const std::atomic<bool>& stop) {
  return Race(options, train, observer, stop).run();
}

}  // namespace gradus::lab
