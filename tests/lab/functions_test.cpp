#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "gradus/registry.hpp"
#include "lab/tasks/kinds.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using gradus::test::contains;
using gradus::test::message_of;

class Functions : public ::testing::TestWithParam<const TaskKind*> {
 protected:
  static const nlohmann::json& golden(const std::string& task) {
    static const nlohmann::json kAll = nlohmann::json::parse(std::ifstream(LAB_GOLDEN_DIR "/functions.json"));
    return kAll.at(task);
  }
};

std::unique_ptr<Mover> mover(Problem& problem, const char* rule, double lr) {
  std::vector<Part> parts;
  parts.push_back({{"x"}, make_rule(rule, {{"lr", lr}})});
  return problem.mover(std::move(parts), {});
}

double step(Problem& problem, Mover& mover) {
  mover.forget_gradient();
  const double loss = problem.loss_and_gradient();
  EXPECT_EQ(mover.step().status, Status::applied);
  problem.project();
  return loss;
}

void expect_close(double found, double expected) {
  EXPECT_NEAR(found, expected, 1e-12 * std::max(1.0, std::fabs(expected)));
}

TEST_P(Functions, are_what_autograd_makes_of_their_papers) {
  const nlohmann::json& oracle = golden(GetParam()->name);
  const auto task = GetParam()->load({});
  const auto problem = task->begin(oracle["seed"], GetParam()->batch);
  const auto sgd = mover(*problem, "sgd", oracle["lr"]);
  for (const double loss : oracle["losses"]) expect_close(step(*problem, *sgd), loss);
  const std::vector<double> x = problem->values("x");
  ASSERT_EQ(x.size(), oracle["x"].size());
  for (std::size_t i = 0; i < x.size(); ++i) expect_close(x[i], oracle["x"][i]);
  expect_close(problem->examine(Split::validation).metric, oracle["validation"]);
  expect_close(problem->examine(Split::test).metric, oracle["test"]);
}

TEST_P(Functions, refuse_data_and_know_one_parameter) {
  EXPECT_TRUE(contains(message_of([] { GetParam()->load({.data = "/tmp/words", .model = {}}); }),
                       "/tmp/words is of no use here: the task is a function"));
  const auto problem = GetParam()->load({})->begin(1, 1);
  EXPECT_EQ(problem->parameters().size(), 1u);
  EXPECT_TRUE(contains(message_of([&] { (void)problem->values("y"); }), "none called y"));
}

INSTANTIATE_TEST_SUITE_P(Tasks, Functions,
                         ::testing::Values(&kQuadratic, &kRotatedQuadratic, &kRosenbrock, &kDriftingQuadratic,
                                           &kReddi, &kWilson),
                         [](const auto& each) {
                           std::string name = each.param->name;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

/// The metric on the test split after the task's usual steps.
double end_of(const TaskKind& kind, const char* rule, double lr) {
  const auto problem = kind.load({})->begin(1, kind.batch);
  const auto by_rule = mover(*problem, rule, lr);
  for (std::int64_t i = 0; i < kind.budget.count; ++i) step(*problem, *by_rule);
  return problem->examine(Split::test).metric;
}

TEST(Reddi, adam_goes_to_the_worst_point_and_amsgrad_does_not) {
  EXPECT_GT(end_of(kReddi, "adam", 1e-3), 0.17);
  EXPECT_LT(end_of(kReddi, "amsgrad", 1e-2), 0.07);
  EXPECT_LT(end_of(kReddi, "sgd", 3e-4), 0.03);
}

TEST(Wilson, adaptive_rules_call_every_new_point_positive_and_gradient_descent_does_not) {
  for (const char* adaptive : {"adam", "adagrad", "rmsprop"})
    EXPECT_NEAR(end_of(kWilson, adaptive, 0.01), 0.25, 0.05) << adaptive;
  EXPECT_EQ(end_of(kWilson, "sgd", 0.3), 0);
  EXPECT_EQ(end_of(kWilson, "momentum", 0.1), 0);
}

TEST(Quadratic, what_adam_gains_by_scaling_coordinates_is_gone_where_they_are_turned) {
  EXPECT_LT(end_of(kQuadratic, "adam", 0.1), -20);
  EXPECT_GT(end_of(kRotatedQuadratic, "adam", 0.1), -6);
}

}  // namespace
}  // namespace gradus::lab
