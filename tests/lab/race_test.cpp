#include "lab/race/race.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <tuple>

namespace gradus::lab {
namespace {

RaceOptions options(const char* entries, int threads = 2) {
  RaceOptions o;
  o.entries = parse_entries(entries);
  o.tuning = {.tuned = {"lr"}, .trials = 3, .screening_steps = 5, .steps = 20, .seeds = {101, 102, 103}};
  o.steps = 20;
  o.looks = {10, 20};
  o.seeds = {1, 2};
  o.threads = threads;
  return o;
}

/// A training without a task: best at a learning rate of 0.01, in every phase.
TrainingRecord pretend(const TrainingSpec& spec, const TrainingWatch& watch) {
  TrainingRecord record;
  double loss = 1;
  for (const Point& point : spec.points) loss += std::fabs(std::log10(point.at("lr")) + 2) / 20;
  for (std::int64_t step = 1; step <= spec.steps; ++step) {
    record.stopped = !watch({step, 1});
    if (record.stopped) return record;
    if (std::ranges::find(spec.looks, step) == spec.looks.end()) continue;
    record.train_loss.push_back(loss);
    if (!spec.is_final && step < spec.steps) continue;
    record.validation_loss.push_back(loss);
    record.validation_metric.push_back(1 / loss);
    if (spec.is_final) record.test_metric.push_back(1 / loss - 0.01);
  }
  record.final_test_loss = 1;
  return record;
}

const std::atomic<bool> kNeverStop{false};

RaceResults run(const RaceOptions& o, const Trainer& trainer = pretend) {
  RaceObserver observer;
  return run_race(o, trainer, observer, kNeverStop);
}

/// Keeps every order that the race gives.
class Recorder {
 public:
  Trainer trainer() {
    return [this](const TrainingSpec& spec, const TrainingWatch& watch) {
      const std::lock_guard lock(mutex_);
      specs_.push_back(spec);
      return pretend(spec, watch);
    };
  }
  [[nodiscard]] const std::vector<TrainingSpec>& specs() const { return specs_; }

 private:
  std::mutex mutex_;
  std::vector<TrainingSpec> specs_;
};

TEST(Race, tunes_each_rule_and_runs_each_seed_with_its_choice) {
  const RaceResults results = run(options("adam,sgd,adagrad"));
  ASSERT_EQ(results.entries.size(), 3u);
  for (const Entry& entry : results.entries) {
    EXPECT_EQ(entry.chosen, (Points{{{"lr", 0.01}}})) << entry.label;
    EXPECT_TRUE(entry.at_edge.empty());
    EXPECT_EQ(entry.selection.size(), 1u);
    EXPECT_EQ(entry.in_force[0].at("lr"), 0.01);
    EXPECT_TRUE(entry.space.starts_with("lr on a grid of two a decade around ")) << entry.space;
    ASSERT_EQ(entry.runs.size(), 2u);
    for (const lab::Run& run : entry.runs) {
      EXPECT_TRUE(run.finished);
      EXPECT_EQ(run.points, entry.chosen);
      EXPECT_EQ(run.test_metric.size(), 2u);
    }
    EXPECT_TRUE(std::ranges::is_sorted(entry.trials, {}, &Trial::points));
  }
  EXPECT_FALSE(results.interrupted);
}

TEST(Race, a_given_learning_rate_is_not_tuned) {
  const RaceResults results = run(options("adam:lr=0.5"));
  EXPECT_TRUE(results.entries[0].trials.empty());
  EXPECT_EQ(results.entries[0].chosen, (Points{{{"lr", 0.5}}}));
  EXPECT_TRUE(results.entries[0].selection.empty());
  EXPECT_EQ(results.entries[0].space, "");
}

TEST(Race, records_how_state_is_kept_and_orders_trainings_so) {
  Recorder recorder;
  const RaceResults results =
      run(options("adam,adam:state=bf16,rounding=nearest,adam:state=block8>sgd"), recorder.trainer());
  const auto kept = [&](std::size_t entry, std::size_t phase) {
    const KeptState& state = results.entries[entry].state.at(phase);
    return state.kept_as + "/" + state.rounding;
  };
  EXPECT_EQ(kept(0, 0), "plain/");
  EXPECT_EQ(kept(1, 0), "bf16/nearest");
  EXPECT_EQ(kept(2, 0), "block8/stochastic");
  EXPECT_EQ(kept(2, 1), "plain/");
  EXPECT_EQ(results.entries[1].label, "adam:bf16,nearest");
  EXPECT_EQ(results.entries[1].rule, "adam:state=bf16,rounding=nearest");
  int small = 0, runs = 0;
  for (const TrainingSpec& spec : recorder.specs()) {
    runs += spec.is_final;
    small += spec.is_final && spec.phases[0].state.dtype != State::plain;
  }
  EXPECT_EQ(runs, 6);
  EXPECT_EQ(small, 4);
}

TEST(Race, of_two_rules_the_first_keeps_what_was_found_for_it_alone_and_its_trials_are_shared) {
  Recorder recorder;
  const RaceResults results = run(options("adam,adam>sgd"), recorder.trainer());
  int alone = 0;
  for (const TrainingSpec& spec : recorder.specs())
    if (!spec.is_final && spec.phases.size() == 1) ++alone;
  EXPECT_EQ(alone, static_cast<int>(results.entries[0].trials.size()));
  for (const Trial& trial : results.entries[1].trials) {
    ASSERT_EQ(trial.points.size(), 2u);
    EXPECT_DOUBLE_EQ(trial.points[0].at("lr"), 0.01);
  }
  EXPECT_EQ(results.entries[1].chosen, (Points{{{"lr", 0.01}}, {{"lr", 0.01}}}));
}

TEST(Race, a_first_rule_that_does_not_race_itself_is_tuned_and_its_trials_are_told) {
  const RaceResults results = run(options("adam>sgd"));
  const auto& trials = results.entries[0].trials;
  EXPECT_EQ(std::ranges::count_if(trials, [](const Trial& t) { return t.points.size() == 1; }), 12)
      << "5 screened, 3 whole, 2 with two seeds more";
  EXPECT_GE(std::ranges::count_if(trials, [](const Trial& t) { return t.points.size() == 2; }), 3);
  EXPECT_EQ(results.entries[0].runs.size(), 2u);
}

TEST(Race, more_hyperparameters_are_searched_for_where_a_rule_has_them) {
  RaceOptions o = options("adam,sgd,adam:beta2=0.9");
  o.tuning.tuned = {"lr", "beta2"};
  o.tuning.trials = 8;
  const RaceResults results = run(o);
  EXPECT_TRUE(results.entries[0].chosen[0].contains("beta2"));
  EXPECT_FALSE(results.entries[1].chosen[0].contains("beta2"));
  EXPECT_FALSE(results.entries[2].chosen[0].contains("beta2")) << "it is given";
  EXPECT_EQ(results.entries[0].in_force[0].at("beta2"), results.entries[0].chosen[0].at("beta2"));
}

TEST(Race, of_a_matrix_rule_it_tells_what_moves_the_rest) {
  const RaceResults results = run(options("muon,adam"));
  EXPECT_NE(results.entries[0].companions[0].find("adamw with lr 0.001, not tuned"), std::string::npos);
  EXPECT_EQ(results.entries[1].companions[0], "");
}

TEST(Race, final_runs_alone_see_the_test_set_and_share_no_seed_with_trials) {
  Recorder recorder;
  run(options("adam,sgd"), recorder.trainer());
  for (const TrainingSpec& spec : recorder.specs()) EXPECT_EQ(spec.is_final, spec.seed < 100);
}

TEST(Race, no_test_result_comes_before_the_rule_has_been_chosen_for) {
  Recorder recorder;
  run(options("adam", 1), recorder.trainer());
  bool seen_run = false;
  for (const TrainingSpec& spec : recorder.specs()) {
    EXPECT_FALSE(seen_run && !spec.is_final);
    seen_run |= spec.is_final;
  }
}

TEST(Race, rules_take_turns_in_final_runs) {
  Recorder recorder;
  run(options("adam:lr=0.1,sgd:lr=0.1,adagrad:lr=0.1", 1), recorder.trainer());
  std::vector<std::uint64_t> seeds;
  for (const TrainingSpec& spec : recorder.specs()) seeds.push_back(spec.seed);
  EXPECT_EQ(seeds, (std::vector<std::uint64_t>{1, 1, 1, 2, 2, 2}));
}

TEST(Race, results_do_not_depend_on_the_number_of_threads) {
  const auto all_trials = [](int threads) {
    std::vector<std::tuple<std::string, Points, std::int64_t, std::uint64_t>> trials;
    for (const Entry& entry : run(options("sgd,adam,adam>sgd,rmsprop>adam@0.2", threads)).entries)
      for (const Trial& trial : entry.trials)
        trials.emplace_back(entry.label, trial.points, trial.steps, trial.seed);
    return trials;
  };
  EXPECT_EQ(all_trials(1), all_trials(2));
  EXPECT_EQ(all_trials(1), all_trials(8));
}

TEST(Race, what_diverges_is_recorded_and_runs_on_nothing_if_all_did) {
  const Trainer diverging = [](const TrainingSpec& spec, const TrainingWatch& watch) {
    TrainingRecord record = pretend(spec, watch);
    if (spec.phases[0].rule == "sgd") {
      record = {};
      record.diverged = true;
    }
    return record;
  };
  const RaceResults results = run(options("sgd,adam,sgd>adam"), diverging);
  EXPECT_TRUE(results.entries[0].chosen.empty());
  EXPECT_TRUE(results.entries[0].runs.empty());
  EXPECT_TRUE(std::ranges::all_of(results.entries[0].trials, &Trial::diverged));
  EXPECT_EQ(results.entries[1].runs.size(), 2u);
  EXPECT_TRUE(results.entries[2].runs.empty()) << "its first rule has no learning rate";
}

TEST(Race, a_final_run_that_diverges_is_finished_without_accuracy) {
  const Trainer late = [](const TrainingSpec& spec, const TrainingWatch& watch) {
    TrainingRecord record = pretend(spec, watch);
    record.diverged = spec.seed == 2;
    return record;
  };
  const std::vector<lab::Run> runs = run(options("adam"), late).entries[0].runs;
  EXPECT_TRUE(runs[1].finished && runs[1].diverged);
  EXPECT_TRUE(std::isnan(runs[1].final_test_metric));
  EXPECT_FALSE(std::isnan(runs[0].final_test_metric));
}

TEST(Race, a_final_run_that_ends_in_nan_has_diverged) {
  const RaceResults results =
      run(options("adam:lr=0.1"), [](const TrainingSpec& spec, const TrainingWatch& watch) {
        TrainingRecord record = pretend(spec, watch);
        record.final_test_loss = std::nan("");
        return record;
      });
  EXPECT_TRUE(results.entries[0].runs[0].diverged);
  EXPECT_TRUE(std::isnan(results.entries[0].runs[0].final_test_metric));
}

TEST(Race, stopping_keeps_what_is_complete) {
  std::atomic<bool> stop{false};
  std::atomic<int> begun{0};
  const Trainer stopping = [&](const TrainingSpec& spec, const TrainingWatch& watch) {
    if (++begun == 5) stop = true;
    return pretend(spec, watch);
  };
  RaceObserver observer;
  const RaceResults results =
      run_race(options("adam:lr=0.1,sgd:lr=0.1,adagrad:lr=0.1", 1), stopping, observer, stop);
  EXPECT_TRUE(results.interrupted);
  int finished = 0, runs = 0;
  for (const Entry& entry : results.entries)
    for (const lab::Run& run : entry.runs) {
      ++runs;
      finished += run.finished;
    }
  EXPECT_EQ(finished, 4);
  EXPECT_EQ(runs, 5) << "the one that was cut off is there, unfinished";
}

TEST(Race, a_failure_in_a_training_ends_the_race_with_it) {
  const Trainer failing = [](const TrainingSpec& spec, const TrainingWatch& watch) {
    if (spec.is_final) throw std::runtime_error("out of luck");
    return pretend(spec, watch);
  };
  EXPECT_THROW(run(options("adam,sgd"), failing), std::runtime_error);
}

TEST(Race, progress_ends_where_it_was_planned_to) {
  struct Last final : RaceObserver {
    void finished(const RaceJob&, const TrainingRecord&, const RaceProgress& progress) override {
      last = progress;
    }
    RaceProgress last;
  } observer;
  run_race(options("adam,adam>sgd,sgd:lr=1"), pretend, observer, kNeverStop);
  EXPECT_EQ(observer.last.done, observer.last.planned);
}

}  // namespace
}  // namespace gradus::lab
