#include <gtest/gtest.h>

#include "support/gradients.hpp"
#include "support/text.hpp"

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

TEST(Groups, refuse_a_field_that_is_given_twice) {
  Optimizer optimizer(AdamW{});
  EXPECT_EQ(message_of([&] {
              optimizer.add_group({{"weight_decay", 0.0}, {"weight_decay", 0.1}});
            }),
            "adamw: the field 'weight_decay' is given twice");
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

/// A composition whose learning rate has another name than lr.
struct Renamed {
  Hyper rate = 0.5;
  static constexpr std::array fields{Field{"rate", &Renamed::rate, kNonNegative, "step size"}};
  [[nodiscard]] auto chain() const { return SGD{rate} >> HeavyBall{}; }
};

// It was 1.
TEST(Composition, of_another_name_has_the_learning_rate_of_its_links) {
  std::vector<float> x{1}, g{1};
  Optimizer optimizer(Renamed{});
  optimizer.add("x", {1}, x, g);
  optimizer.step();
  EXPECT_EQ(x[0], 0.5);
}

/// Moves by the sum of all gradients of the optimizer.
struct SumOfAll {
  static constexpr auto slots = kNoSlots;
  static constexpr SharedBy shared_by = SharedBy::optimizer;
  struct Step {
    Coef sum;
  };
  Step at(Now&) const { return {}; }
  static constexpr std::array sums{Over::all};
  template <class V>
  static std::array<Real<double>, 1> measure(const Step&, V g, V /*x*/) {
    return {wide(g)};
  }
  static void conclude(Step& c, const Findings& f) { c.sum = f[0]; }
  template <class V>
  static V update(const Step& c, V g, V /*x*/) {
    return c.sum + 0.0 * g;
  }
};

// A link after another one shared its sums with its group only.
TEST(Groups, share_the_sums_over_all_of_a_link_wherever_it_stands) {
  for (const AnyRule& rule : {AnyRule(SumOfAll{}), AnyRule(WeightDecay{0.0} >> SumOfAll{})}) {
    std::vector<float> a{0}, b{0}, g{1}, h{2};
    Optimizer optimizer(rule);
    optimizer.add("a", {1}, a, g);
    optimizer.add("b", {1}, b, h, optimizer.add_group(rule));
    optimizer.step();
    EXPECT_EQ(a[0], -3);
    EXPECT_EQ(b[0], -3);
  }
}

}  // namespace
}  // namespace gradus::test
