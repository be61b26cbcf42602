#include "lab/race/train.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "gradus/core/error.hpp"
#include "gradus/registry.hpp"
#include "lab/models/model.hpp"
#include "lab/race/phased_optimizer.hpp"
#include "lab/race/rate_search.hpp"
#include "support/idx_files.hpp"

namespace gradus::lab {
namespace {

using namespace gradus::test;

class Train : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const TemporaryFolder folder;
    write_small_dataset(folder.path());
    data_ = std::make_unique<Dataset>(load_dataset(folder.path()));
  }
  static void TearDownTestSuite() { data_.reset(); }

  static TrainingSpec spec(const char* entry, LearningRates lr) {
    const EntrySpec parsed = parse_entry(entry);
    return {.model = "mlp",
            .schedule = "cosine",
            .phases = parsed.phases,
            .switch_at = parsed.switch_at,
            .lr = std::move(lr),
            .epochs = 4,
            .batch = 32,
            .seed = 1,
            .with_test = true};
  }
  static TrainingRecord run(const TrainingSpec& s) {
    return train(s, *data_, [](const TrainingMoment&) { return true; });
  }

  static inline std::unique_ptr<Dataset> data_;
};

TEST_F(Train, learns_with_both_models) {
  for (const std::string& model : model_names()) {
    TrainingSpec s = spec("adam", {3e-3});
    s.model = model;
    s.epochs = 12;
    const TrainingRecord record = run(s);
    EXPECT_EQ(record.train_loss.size(), 12u);
    EXPECT_EQ(record.test_accuracy.size(), 12u);
    EXPECT_GT(record.test_accuracy.back(), 0.8) << model;
    EXPECT_LT(record.train_loss.back(), record.train_loss.front()) << model;
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
    EXPECT_EQ(record.test_accuracy, alone.test_accuracy);
  }
}

TEST_F(Train, all_rules_of_a_seed_begin_alike_and_see_the_same_batches) {
  // With a learning rate of 0 the loss of each batch is that of the initial parameters.
  const auto losses = [](const char* rule, std::uint64_t seed) {
    TrainingSpec s = spec(rule, {0});
    s.seed = seed;
    std::vector<double> seen;
    train(s, *data_, [&](const TrainingMoment& moment) {
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
  EXPECT_TRUE(record.test_accuracy.empty());
}

TEST_F(Train, the_watch_stops_it_at_the_next_batch) {
  int batches = 0;
  const TrainingRecord record =
      train(spec("adam", {1e-3}), *data_, [&](const TrainingMoment&) { return ++batches < 3; });
  EXPECT_TRUE(record.stopped);
  EXPECT_EQ(batches, 3);
  EXPECT_TRUE(record.train_loss.empty());
}

TEST_F(Train, effective_rates_are_quantiles_of_each_layer_by_epoch) {
  const TrainingRecord record = run(spec("adam", {1e-3}));
  ASSERT_EQ(record.effective_rates.size(), 2u);
  EXPECT_EQ(record.effective_rates[0].layer, "hidden.weight");
  EXPECT_EQ(record.effective_rates[1].layer, "output.weight");
  ASSERT_EQ(record.effective_rates[0].by_epoch.size(), 4u);
  for (const Quantiles& q : record.effective_rates[0].by_epoch) {
    EXPECT_TRUE(std::ranges::is_sorted(q));
    EXPECT_GT(q[0], 0);
    EXPECT_LT(q[0], q[4]);
  }
}

TEST_F(Train, of_two_rules_the_second_takes_over_at_the_switch_on_the_same_schedule) {
  TrainingSpec s = spec("sgd>sgd@0.5", {0.1, 0.025});
  s.schedule = "constant";
  const TrainingRecord record = run(s);
  ASSERT_EQ(record.effective_rates.size(), 2u);
  const auto& by_epoch = record.effective_rates[0].by_epoch;
  EXPECT_DOUBLE_EQ(by_epoch[1][2], 0.1);
  EXPECT_DOUBLE_EQ(by_epoch[2][2], 0.025);
  // 10 batches an epoch: one step earlier, and the second epoch ends with the second rule.
  s.switch_at = 0.475;
  EXPECT_DOUBLE_EQ(run(s).effective_rates[0].by_epoch[1][2], 0.025);

  // One rule that hands over to itself is that rule, as plain gradient descent has no state to lose.
  TrainingSpec twice = spec("sgd>sgd@0.3", {0.1, 0.1}), once = spec("sgd", {0.1});
  EXPECT_EQ(run(twice).train_loss, run(once).train_loss);
}

TEST_F(Train, of_two_rules_each_has_a_step) {  // of 40
  const auto loss = [](const char* text) { return run(spec(text, {0.1, 0.025})).train_loss; };
  EXPECT_EQ(loss("sgd>sgd@0.001"), loss("sgd>sgd@0.025"));
  EXPECT_EQ(loss("sgd>sgd@0.999"), loss("sgd>sgd@0.975"));
  TrainingSpec one_step = spec("sgd>sgd", {0.1, 0.025});
  one_step.epochs = 1;
  one_step.batch = static_cast<int>(data_->train.size());
  EXPECT_THROW(run(one_step), Error);
}

TEST_F(Train, muon_leaves_the_biases_to_adamw) {
  const TrainingRecord record = run(spec("muon", {0.02}));
  EXPECT_FALSE(record.diverged);
  EXPECT_GT(record.test_accuracy.back(), 0.5);
  EXPECT_TRUE(record.effective_rates.empty()) << "muon does not act element by element";
}

TEST_F(Train, every_rule_learns_at_its_usual_rate_with_both_models) {
  for (const std::string& rule : rule_names())
    for (const std::string& model : model_names()) {
      double lr = 0;
      for (const FieldInfo& field : make_rule(rule).fields())
        if (field.name == "lr") lr = usual_rate(rule, field.default_value);
      TrainingSpec s = spec(rule.c_str(), {lr});
      s.model = model;
      const TrainingRecord record = run(s);
      EXPECT_FALSE(record.diverged) << rule;
      ASSERT_EQ(record.train_loss.size(), 4u) << rule;
      EXPECT_LT(record.train_loss.back(), record.train_loss.front()) << rule << ' ' << model;
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
  alone.epochs = 2;
  const TrainingRecord record = run(alone);
  // What a second rule takes over, and does not move.
  TrainingSpec rest = spec("schedule_free_adamw>sgd", {0.01, 0});
  rest.schedule = "constant";
  const TrainingRecord resting = run(rest);
  ASSERT_EQ(resting.validation_loss.size(), 4u);
  EXPECT_EQ(resting.validation_loss[3], record.validation_loss[1]);
  EXPECT_EQ(resting.test_accuracy[3], record.test_accuracy[1]);

  TrainingSpec without = alone;
  without.with_test = false;  // one exam, at the end
  EXPECT_EQ(run(without).train_loss, record.train_loss);
  EXPECT_EQ(run(without).validation_loss, std::vector{record.validation_loss[1]});
}

TEST(PhasedOptimizer, a_rule_with_two_points_goes_back_to_train_and_hands_over_the_one_to_evaluate) {
  const auto model = make_model("mlp", {28, 28}, 1);
  const at::Tensor& x = model->parameters().front().second;
  TrainingSpec spec;
  spec.schedule = "constant";
  spec.phases = parse_entry("schedule_free_adamw>sgd").phases;
  spec.lr = {0.1, 0.1};
  PhasedOptimizer optimizer(*model, spec, 8);
  for (int i = 0; i < 4; ++i) {
    optimizer.begin_step();
    model->scores(at::ones({1, 1, 28, 28})).pow(2).sum().backward();
    optimizer.step();
  }
  const at::Tensor trained = x.detach().clone();
  optimizer.evaluate();
  const at::Tensor evaluated = x.detach().clone();
  EXPECT_FALSE(evaluated.equal(trained));
  optimizer.train();
  EXPECT_TRUE(x.detach().equal(trained));
  optimizer.begin_step();
  EXPECT_TRUE(x.detach().equal(evaluated));
}

TEST(Models, parameters_depend_on_the_seed_alone) {
  for (const std::string& name : model_names()) {
    const auto first = make_model(name, {28, 28}, 7), again = make_model(name, {28, 28}, 7),
               other = make_model(name, {28, 28}, 8);
    for (std::size_t i = 0; i < first->parameters().size(); ++i) {
      EXPECT_TRUE(first->parameters()[i].second.equal(again->parameters()[i].second));
      EXPECT_FALSE(first->parameters()[i].second.equal(other->parameters()[i].second));
    }
  }
}

TEST(Models, an_unknown_one_and_images_too_small_are_refused) {
  EXPECT_THROW(make_model("mpl", {28, 28}, 1), Error);
  EXPECT_THROW(make_model("cnn", {8, 28}, 1), Error);
  EXPECT_EQ(make_model("cnn", {9, 9}, 1)->scores(at::zeros({2, 1, 9, 9})).size(1), kClasses);
}

}  // namespace
}  // namespace gradus::lab
