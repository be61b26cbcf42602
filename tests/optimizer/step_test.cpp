#include <gtest/gtest.h>

#include <cmath>

#include "support/counting_pool.hpp"
#include "support/gradients.hpp"
#include "support/hash.hpp"

namespace gradus::test {
namespace {

TEST(Step, reports_nothing_to_do_without_gradients) {
  std::vector<float> x(3);
  Optimizer optimizer(SGD{});
  optimizer.add("x", {3}, x, {});
  const StepReport report = optimizer.step();
  EXPECT_EQ(report.status, Status::skipped);
  EXPECT_EQ(report.message, "no parameter has a gradient");
  EXPECT_EQ(optimizer.steps(), 0);
}

TEST(Step, that_a_schedule_spoils_changes_nothing_and_says_why) {
  Bench<float> bench(Adam{.lr = [](std::int64_t t) { return t == 1 ? std::nan("") : 0.1; }}, {{5}});
  EXPECT_EQ(bench.step(0).status, Status::applied);
  const auto before = hash_of(bench);
  const StepReport report = bench.step(1);
  EXPECT_EQ(report.status, Status::failed);
  EXPECT_EQ(report.message, "the schedule of lr gave nan for step 1; it must lie in [0, 3.4e+38]");
  EXPECT_EQ(hash_of(bench), before);
  EXPECT_EQ(bench.optimizer.steps(), 1);
  EXPECT_EQ(bench.optimizer.rule().fields()[0].value, 0.1);
}

TEST(Step, that_a_schedule_spoils_leaves_the_hyperparameters_of_other_groups) {
  Bench<float> bench(SGD{.lr = [](std::int64_t t) { return static_cast<double>(t + 1); }}, {{5}});
  std::vector<float> x(1), g(1);
  bench.optimizer.add(
      "spoiled", {1}, x, g,
      bench.optimizer.add_group(SGD{.lr = [](std::int64_t t) { return t < 2 ? 1.0 : -1.0; }}));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(bench.step(0).status, Status::applied);
  EXPECT_EQ(bench.step(0).status, Status::failed);
  EXPECT_EQ(bench.optimizer.rule().fields()[0].value, 2);
}

// What a caller holds a reference to stays where it is.
TEST(Optimizer, keeps_names_shapes_and_rules_in_place) {
  Bench<float> bench(SGD{}, {{2, 3}});
  const std::string& name = bench.optimizer.name(bench.ids[0]);
  const Shape& shape = bench.optimizer.shape(bench.ids[0]);
  const AnyRule& rule = bench.optimizer.rule();
  std::vector<std::vector<float>> more(100, std::vector<float>(1));
  for (std::size_t i = 0; i < more.size(); ++i)
    bench.optimizer.add("more" + std::to_string(i), {1}, more[i], {}, bench.optimizer.add_group(Adam{}));
  EXPECT_EQ(&name, &bench.optimizer.name(bench.ids[0]));
  EXPECT_EQ(&shape, &bench.optimizer.shape(bench.ids[0]));
  EXPECT_EQ(&rule, &bench.optimizer.rule());
}

TEST(Step, asks_schedules_with_the_steps_applied_so_far) {
  std::vector<std::int64_t> asked;
  Bench<float> bench(SGD{.lr =
                             [&](std::int64_t t) {
                               asked.push_back(t);
                               return 0.1;
                             }},
                     {{5}});
  asked.clear();
  bench.step(0);
  bench.g[0][0] = std::nanf("");
  bench.optimizer.step();
  bench.step(1);
  EXPECT_EQ(asked, (std::vector<std::int64_t>{0, 1}));
}

TEST(Step, reports_the_gradient_norm_only_where_a_rule_needs_it) {
  Bench<float> with(ClipNorm{1.0} >> SGD{}, {{3}, {1}}), without(SGD{}, {{3}});
  with.g[0] = {1, 2, 2};
  with.optimizer.rebind(with.ids[0], std::span<float>(with.x[0]), std::span<const float>(with.g[0]));
  with.g[1][0] = 4;
  EXPECT_EQ(with.optimizer.step().gradient_norm, 5);
  EXPECT_TRUE(std::isnan(without.step(0).gradient_norm));
}

TEST(Step, divides_the_norm_by_the_loss_scale) {
  Bench<float> bench(ClipNorm{1.0} >> SGD{}, {{2}});
  bench.g[0][0] = 3 * 1024;
  bench.g[0][1] = 4 * 1024;
  EXPECT_EQ(bench.optimizer.step({.loss_scale = 1024}).gradient_norm, 5);
}

TEST(Step, refuses_a_loss_scale_that_is_none) {
  Bench<float> bench(SGD{}, {{2}});
  for (const double bad : {0.0, -1.0, std::nan(""), kInfinity, 1e-40, 1e46})
    EXPECT_THROW(bench.optimizer.step({.loss_scale = bad}), Error) << bad;
}

// Many small tensors are cut and shared out like one large one: the same numbers.
TEST(Step, of_many_small_tensors_is_that_of_one_large_one) {
  constexpr std::size_t kTensors = 300, kEach = 97;
  Bench<float> one(AdamW{}, {{kTensors * kEach}});
  Optimizer many(AdamW{});
  std::vector<float> x = one.x[0], g(x.size());
  for (std::size_t i = 0; i < kTensors; ++i)
    many.add(std::to_string(i), {kEach}, std::span(x).subspan(i * kEach, kEach),
             std::span(g).subspan(i * kEach, kEach));
  for (int i = 0; i < 5; ++i) {
    one.step(i);
    std::copy(one.g[0].begin(), one.g[0].end(), g.begin());
    many.step();
  }
  EXPECT_EQ(x, one.x[0]);
}

TEST(Step, wakes_nobody_for_the_work_of_a_task) {
  const auto runs = [](std::int64_t size) {
    const auto pool = std::make_shared<CountingPool>(2);
    Bench<float> bench(AdamW{}, {{size}, {10}, {20}}, {.executor = pool});
    bench.step(0);
    return pool->runs();
  };
  EXPECT_EQ(runs(32'000), 0);
  EXPECT_EQ(runs(33'000), 2);  // the look, and the step
}

TEST(Step, takes_tensors_without_elements) {
  std::vector<float> x{1}, g{1}, none;
  Optimizer optimizer(SGD{.lr = 1.0});
  optimizer.add("none", {0, 3}, none, none);
  optimizer.add("x", {}, x, g);
  EXPECT_EQ(optimizer.step().status, Status::applied);
  EXPECT_EQ(x[0], 0);
}

TEST(Step, goes_on_after_parameters_were_added) {
  Bench<float> bench(Adam{}, {{5}});
  bench.step(0);
  std::vector<float> late(7, 1), g(7, 1);
  const ParameterId id = bench.optimizer.add("late", {7}, late, g);
  bench.step(1);
  EXPECT_EQ(bench.optimizer.steps(id), 1);
  EXPECT_NEAR(late[0], 1 - 1e-3, 1e-6);  // the bias correction is that of its own first step
}

TEST(Step, that_a_schedule_spoils_names_the_field_of_the_link_whose_it_is) {
  Bench<float> bench(
      SGD{} >> WeightDecay{0.0} >> WeightDecay{[](std::int64_t t) { return t == 0 ? 0.0 : -1.0; }}, {{5}});
  EXPECT_EQ(bench.step(0).status, Status::applied);
  EXPECT_EQ(bench.step(1).message,
            "the schedule of weight_decay_2 of weight_decay gave -1 for step 1; it must lie in [0, 3.4e+38]");
}

}  // namespace
}  // namespace gradus::test
