#include "lab/race/train.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "gradus/core/error.hpp"
#include "gradus/registry.hpp"
#include "lab/race/phased_optimizer.hpp"
#include "lab/race/space.hpp"
#include "lab/tasks/task.hpp"
#include "support/idx_files.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using namespace gradus::test;

/// A task on a small set of images.
std::unique_ptr<const Task> small_task(const char* name) {
  const TemporaryFolder folder;
  write_small_dataset(folder.path());
  return find_task(name).load({folder.path(), {}});
}

class Train : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    mlp_ = small_task("fashion-mlp");
    cnn_ = small_task("fashion-cnn");
  }
  static void TearDownTestSuite() {
    mlp_.reset();
    cnn_.reset();
  }

  /// Of four epochs of ten batches.
  static TrainingSpec spec(const char* entry, const std::vector<double>& rates) {
    const EntrySpec parsed = parse_entry(entry);
    Points points;
    for (const double rate : rates) points.push_back({{"lr", rate}});
    return {.schedule = "cosine",
            .phases = parsed.phases,
            .switch_at = parsed.switch_at,
            .points = points,
            .steps = 40,
            .looks = even_looks(40, 4),
            .batch = 32,
            .seed = 1,
            .is_final = true};
  }
  static TrainingRecord run(const TrainingSpec& s, const Task& task = *mlp_) {
    return train(s, task, [](const TrainingMoment&) { return true; });
  }

  static inline std::unique_ptr<const Task> mlp_, cnn_;
};

TEST_F(Train, learns_with_both_models) {
  for (const Task* task : {mlp_.get(), cnn_.get()}) {
    TrainingSpec s = spec("adam", {3e-3});
    s.steps = 120;
    s.looks = even_looks(120, 12);
    const TrainingRecord record = run(s, *task);
    EXPECT_EQ(record.train_loss.size(), 12u);
    EXPECT_EQ(record.test_metric.size(), 12u);
    EXPECT_EQ(record.train_seconds.size(), 12u);
    EXPECT_TRUE(std::ranges::is_sorted(record.train_seconds));
    EXPECT_GT(record.test_metric.back(), 0.8);
    EXPECT_LT(record.train_loss.back(), record.train_loss.front());
    EXPECT_TRUE(std::isfinite(record.final_test_loss));
    EXPECT_GT(record.optimizer_step_seconds, 0);
  }
}

TEST_F(Train, the_same_spec_gives_the_same_numbers_whatever_runs_beside_it) {
  const TrainingSpec s = spec("adam", {3e-3});
  const TrainingRecord alone = run(s);
  std::vector<TrainingRecord> together(2);
  std::vector<std::thread> threads;
  for (TrainingRecord& record : together) threads.emplace_back([&] { record = run(s); });
  for (std::thread& thread : threads) thread.join();
  for (const TrainingRecord& record : together) {
    EXPECT_EQ(record.train_loss, alone.train_loss);
    EXPECT_EQ(record.test_metric, alone.test_metric);
  }
}

TEST_F(Train, all_rules_of_a_seed_begin_alike_and_see_the_same_batches) {
  // With a learning rate of 0 the loss of each batch is that of the initial parameters.
  const auto losses = [](const char* rule, std::uint64_t seed) {
    TrainingSpec s = spec(rule, {0});
    s.seed = seed;
    std::vector<double> seen;
    train(s, *mlp_, [&](const TrainingMoment& moment) {
      seen.push_back(moment.loss);
      return true;
    });
    return seen;
  };
  EXPECT_EQ(losses("adam", 1), losses("sgd", 1));
  EXPECT_NE(losses("adam", 1), losses("adam", 2));
}

TEST_F(Train, a_rate_that_is_too_high_is_recorded_as_divergence) {
  const TrainingRecord record = run(spec("sgd", {1e30}));
  EXPECT_TRUE(record.diverged);
  EXPECT_FALSE(record.stopped);
  EXPECT_TRUE(record.test_metric.empty());
}

TEST_F(Train, the_watch_stops_it_at_the_next_batch) {
  int batches = 0;
  const TrainingRecord record =
      train(spec("adam", {1e-3}), *mlp_, [&](const TrainingMoment&) { return ++batches < 3; });
  EXPECT_TRUE(record.stopped);
  EXPECT_EQ(batches, 3);
  EXPECT_TRUE(record.train_loss.empty());
}

TEST_F(Train, shows_itself_before_the_first_step_and_after_each) {
  const TrainingSpec s = spec("adam", {3e-3});
  const auto elements = static_cast<std::size_t>(mlp_->facts().parameters);
  std::int64_t shown = 0;
  const TrainingVisit visit = [&](std::int64_t steps_done, Problem& problem, PhasedOptimizer& optimizer) {
    EXPECT_EQ(steps_done, shown++);
    EXPECT_EQ(problem.landscape(1)->size(), elements);
    EXPECT_EQ(optimizer.all_effective_rates().size(), steps_done == 0 ? 0 : elements);
  };
  const TrainingRecord seen = train(
      s, *mlp_, [](const TrainingMoment&) { return true; }, visit);
  EXPECT_EQ(shown, s.steps + 1);
  EXPECT_EQ(seen.train_loss, run(s).train_loss);
}

TEST_F(Train, effective_rates_are_quantiles_of_each_layer_at_each_look) {
  const TrainingRecord record = run(spec("adam", {1e-3}));
  ASSERT_EQ(record.layers.size(), 2u);
  EXPECT_EQ(record.layers[0].layer, "hidden.weight");
  EXPECT_EQ(record.layers[1].layer, "output.weight");
  ASSERT_EQ(record.layers[0].effective_rates.size(), 4u);
  for (const Quantiles& q : record.layers[0].effective_rates) {
    EXPECT_TRUE(std::ranges::is_sorted(q));
    EXPECT_GT(q[0], 0);
    EXPECT_LT(q[0], q[4]);
  }
}

// With a constant rate of plain gradient descent the weights' last step is lr times the gradient: twice the rate from
// the same weights is twice the ratio.
TEST_F(Train, update_ratios_are_of_the_last_step_before_a_look) {
  TrainingSpec s = spec("sgd", {1e-3});
  s.schedule = "constant";
  s.steps = 1;
  s.looks = {1};
  const double once = run(s).layers[0].update_ratios.at(0);
  s.points[0]["lr"] = 2e-3;
  EXPECT_GT(once, 0);
  EXPECT_NEAR(run(s).layers[0].update_ratios.at(0), 2 * once, 1e-4 * once);
}

TEST_F(Train, of_two_rules_the_second_takes_over_at_the_switch_on_the_same_schedule) {
  TrainingSpec s = spec("sgd>sgd@0.5", {0.1, 0.025});
  s.schedule = "constant";
  const TrainingRecord record = run(s);
  ASSERT_EQ(record.layers.size(), 2u);
  const auto& rates = record.layers[0].effective_rates;
  EXPECT_DOUBLE_EQ(rates[1][2], 0.1);
  EXPECT_DOUBLE_EQ(rates[2][2], 0.025);
  // 10 batches an epoch: one step earlier, and the second epoch ends with the second rule.
  s.switch_at = 0.475;
  EXPECT_DOUBLE_EQ(run(s).layers[0].effective_rates[1][2], 0.025);

  // One rule that hands over to itself is that rule, as plain gradient descent has no state to lose.
  TrainingSpec twice = spec("sgd>sgd@0.3", {0.1, 0.1}), once = spec("sgd", {0.1});
  EXPECT_EQ(run(twice).train_loss, run(once).train_loss);
}

TEST_F(Train, of_two_rules_each_has_a_step) {  // of 40
  const auto loss = [](const char* text) { return run(spec(text, {0.1, 0.025})).train_loss; };
  EXPECT_EQ(loss("sgd>sgd@0.001"), loss("sgd>sgd@0.025"));
  EXPECT_EQ(loss("sgd>sgd@0.999"), loss("sgd>sgd@0.975"));
  TrainingSpec one_step = spec("sgd>sgd", {0.1, 0.025});
  one_step.steps = 1;
  one_step.looks = {1};
  EXPECT_THROW(run(one_step), Error);
}

TEST_F(Train, muon_leaves_the_biases_to_adamw) {
  const TrainingRecord record = run(spec("muon", {0.02}));
  EXPECT_FALSE(record.diverged);
  EXPECT_GT(record.test_metric.back(), 0.5);
  EXPECT_TRUE(std::isnan(record.layers[0].effective_rates[0][2])) << "muon does not act element by element";
  EXPECT_GT(record.layers[0].update_ratios[0], 0);
}

TEST_F(Train, every_rule_learns_at_its_usual_rate_with_both_models) {
  for (const std::string& rule : rule_names())
    for (const Task* task : {mlp_.get(), cnn_.get()}) {
      const TrainingRecord record = run(spec(rule.c_str(), {usual_rate(make_rule(rule))}), *task);
      EXPECT_FALSE(record.diverged) << rule;
      ASSERT_EQ(record.train_loss.size(), 4u) << rule;
      EXPECT_LT(record.train_loss.back(), record.train_loss.front()) << rule;
      EXPECT_TRUE(std::isfinite(record.final_test_loss)) << rule;
    }
}

TEST_F(Train, a_state_in_fewer_bits_is_another_training_and_always_the_same_one) {
  const TrainingRecord plain = run(spec("adam", {3e-3}));
  std::vector<std::vector<double>> losses{plain.train_loss};
  for (const char* entry : {"adam:state=bf16", "adam:state=bf16,rounding=nearest", "adam:state=block8",
                            "adam:state=dynamic8", "muon:state=bf16"}) {
    const TrainingRecord record = run(spec(entry, {3e-3}));
    EXPECT_EQ(record.train_loss, run(spec(entry, {3e-3})).train_loss) << entry;
    EXPECT_EQ(std::ranges::count(losses, record.train_loss), 0) << entry;
    EXPECT_LT(record.train_loss.back(), record.train_loss.front()) << entry;
    losses.push_back(record.train_loss);
  }
  EXPECT_EQ(run(spec("adam:state=f32", {3e-3})).train_loss, plain.train_loss);
}

TEST_F(Train, exams_are_taken_where_the_rule_is_evaluated_and_disturb_no_training) {
  TrainingSpec alone = spec("schedule_free_adamw", {0.01});
  alone.schedule = "constant";
  alone.steps = 20;
  alone.looks = even_looks(20, 2);
  const TrainingRecord record = run(alone);
  // What a second rule takes over, and does not move.
  TrainingSpec rest = spec("schedule_free_adamw>sgd", {0.01, 0});
  rest.schedule = "constant";
  const TrainingRecord resting = run(rest);
  ASSERT_EQ(resting.validation_loss.size(), 4u);
  EXPECT_EQ(resting.validation_loss[3], record.validation_loss[1]);
  EXPECT_EQ(resting.test_metric[3], record.test_metric[1]);

  TrainingSpec without = alone;
  without.is_final = false;  // one exam, at the end
  EXPECT_EQ(run(without).train_loss, record.train_loss);
  EXPECT_EQ(run(without).validation_loss, std::vector{record.validation_loss[1]});
}

TEST_F(Train, a_rule_with_two_points_goes_back_to_train_and_hands_over_the_one_to_evaluate) {
  const std::unique_ptr<Problem> problem = mlp_->begin(1, 32);
  TrainingSpec s = spec("schedule_free_adamw>sgd", {0.1, 0.1});
  s.schedule = "constant";
  s.steps = 8;
  PhasedOptimizer optimizer(*problem, s);
  const auto x = [&] { return problem->values("hidden.weight"); };
  for (int i = 0; i < 4; ++i) {
    optimizer.begin_step();
    problem->loss_and_gradient();
    optimizer.step();
  }
  const std::vector<double> trained = x();
  optimizer.evaluate();
  const std::vector<double> evaluated = x();
  EXPECT_NE(evaluated, trained);
  optimizer.train();
  EXPECT_EQ(x(), trained);
  optimizer.begin_step();
  EXPECT_EQ(x(), evaluated);
}

TEST(Tasks, parameters_depend_on_the_seed_alone) {
  for (const char* name : {"fashion-mlp", "fashion-cnn"}) {
    const auto task = small_task(name);
    const auto first = task->begin(7, 32), again = task->begin(7, 16), other = task->begin(8, 32);
    for (const auto& [parameter, shape] : first->parameters()) {
      EXPECT_EQ(first->values(parameter), again->values(parameter));
      EXPECT_NE(first->values(parameter), other->values(parameter));
    }
  }
}

TEST(Tasks, an_unknown_one_and_images_too_small_are_refused) {
  EXPECT_TRUE(contains(message_of([] { find_task("fashion-mpl"); }), "did you mean fashion-mlp"));
  const TemporaryFolder folder;
  write_small_dataset(folder.path(), 2);
  EXPECT_TRUE(contains(message_of([&] {
                         find_task("fashion-cnn").load({folder.path(), {}});
                       }),
                       "images of 2 x 2 are too small for fashion-cnn; it takes 3 x 3 or more"));
}

TEST(Training, looks_are_spread_evenly_and_end_with_the_last_step) {
  EXPECT_EQ(even_looks(10, 5), (std::vector<std::int64_t>{2, 4, 6, 8, 10}));
  EXPECT_EQ(even_looks(10, 3), (std::vector<std::int64_t>{3, 6, 10}));
  EXPECT_EQ(even_looks(2, 5), (std::vector<std::int64_t>{1, 2}));
}

}  // namespace
}  // namespace gradus::lab
