#include <gtest/gtest.h>

#include "support/gradients.hpp"

namespace gradus::test {
namespace {

TEST(Groups, take_the_first_rule_with_overrides) {
  std::vector<float> a{1}, b{1}, g{0};
  Optimizer optimizer(AdamW{.lr = 0.5, .weight_decay = 0.5});
  const GroupId gains = optimizer.add_group({{"weight_decay", 0.0}});
  optimizer.add("weight", {1}, a, g);
  optimizer.add("gain", {1}, b, g, gains);
  optimizer.step();
  EXPECT_EQ(a[0], 0.75);
  EXPECT_EQ(b[0], 1);
}

TEST(Groups, may_have_rules_of_their_own) {
  std::vector<float> a{0}, b{0}, g{3};
  Optimizer optimizer(SGD{.lr = 1.0});
  const GroupId adam = optimizer.add_group(make_rule("adam", {{"lr", "1"}}));
  optimizer.add("a", {1}, a, g);
  optimizer.add("b", {1}, b, g, adam);
  optimizer.step();
  EXPECT_EQ(a[0], -3);
  EXPECT_NEAR(b[0], -1, 1e-6);
}

TEST(Groups, can_be_given_new_hyperparameters_at_any_time) {
  std::vector<float> x{0}, g{1};
  Optimizer optimizer(SGD{.lr = 1.0});
  optimizer.add("x", {1}, x, g);
  optimizer.step();
  optimizer.set(GroupId{0}, "lr", 0.5);
  optimizer.step();
  optimizer.set(GroupId{0}, "lr", Linear{.from = 0.25, .to = 0.25, .steps = 1});
  optimizer.step();
  EXPECT_EQ(x[0], -1.75);
}

TEST(Optimizer, can_be_moved) {
  std::vector<float> x{0}, g{1};
  Optimizer first(SGD{.lr = 1.0});
  first.add("x", {1}, x, g);
  Optimizer second = std::move(first);
  second.step();
  EXPECT_EQ(x[0], -1);
}

}  // namespace
}  // namespace gradus::test
