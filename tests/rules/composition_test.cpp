// Rules composed while the program runs. That they have the bits of what the compiler fuses, rows of the table show.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gradus/formula.hpp"
#include "gradus/gradus.hpp"
#include "support/gradients.hpp"
#include "support/hash.hpp"
#include "support/text.hpp"

namespace gradus::test {
namespace {

std::uint64_t hash_of_training(const AnyRule& rule) {
  Bench<float> bench(rule, {{4, 5}, {300, 70}, {7, 1}});  // the second is of several tiles and chunks
  for (std::uint64_t i = 1; i <= 12; ++i) EXPECT_EQ(bench.step(i).status, Status::applied);
  return hash_of(bench);
}

class RunningComposition : public testing::TestWithParam<std::string> {};

TEST_P(RunningComposition, of_links_that_do_nothing_has_the_bits_of_the_rule) {
  const AnyRule rule = make_rule(GetParam()), nothing_before = ClipValue{kLargest},
                nothing_after = WeightDecay{0};
  const std::uint64_t expected = hash_of_training(rule);
  EXPECT_EQ(hash_of_training(nothing_before >> rule), expected);
  EXPECT_EQ(hash_of_training(rule >> nothing_after), expected);
  EXPECT_EQ(hash_of_training((nothing_before >> nothing_before) >> (rule >> nothing_after)), expected);
}

INSTANTIATE_TEST_SUITE_P(rule, RunningComposition, testing::ValuesIn(rule_names()),
                         [](const auto& name) { return name.param; });

TEST(Composition, does_something_where_its_links_do) {
  const std::uint64_t adam = hash_of_training(Adam{});
  EXPECT_NE(hash_of_training(AnyRule(ClipValue{0.5}) >> Adam{}), adam);
  EXPECT_NE(hash_of_training(AnyRule(Adam{}) >> WeightDecay{0.5}), adam);
}

TEST(Composition, takes_formulas) {
  const auto formula = [](const char* text) { return formula_rule("", text, {{"lr", 0.1}, {"beta", 0.9}}); };
  const AnyRule momentum = formula("m = beta * m + g\nu = m"),
                decayed = formula("m = beta * m + (g + 0.25 * x)\nu = m"),
                decoupled = formula("m = beta * m + g\nu = m + 0.25 * x");
  EXPECT_EQ(hash_of_training(AnyRule(WeightDecay{0.25}) >> momentum), hash_of_training(decayed));
  EXPECT_EQ(hash_of_training(momentum >> WeightDecay{0.25}), hash_of_training(decoupled));
}

TEST(Composition, calls_its_fields_and_state_as_a_chain_does) {
  const AnyRule chain = HeavyBall{} >> WeightDecay{0.5} >> Momentum{} >> WeightDecay{},
                running = AnyRule(HeavyBall{}) >> WeightDecay{0.5} >> SGD{} >> HeavyBall{} >> WeightDecay{};
  EXPECT_EQ(running.fields(), chain.fields());
  EXPECT_EQ(running.name(), chain.name());
  ASSERT_EQ(running.program().slots().size(), 2U);
  EXPECT_EQ(running.program().slots()[1].name, "momentum_buffer_2");
}

TEST(Composition, gives_each_link_its_own_hyperparameters) {
  AnyRule rule =
      AnyRule(WeightDecay{0.5}) >> SGD{Linear{.from = 1, .to = 0, .steps = 4}} >> WeightDecay{0.25};
  rule.set("weight_decay_2", 0.125);
  EXPECT_EQ(rule_text(rule),
            "weight_decay:weight_decay=0.5 >> sgd:lr=linear(from=1,to=0,steps=4) >> "
            "weight_decay:weight_decay=0.125");
  EXPECT_EQ(message_of([&] { rule.set("weight_decay_2", -1); }),
            "weight_decay_2 of weight_decay is -1; it must lie in [0, 3.4e+38]");
  EXPECT_EQ(
      message_of([&] { rule.set("beta", 1); }),
      "weight_decay >> sgd >> weight_decay has no field 'beta'; it has: weight_decay, lr, weight_decay_2");
  const AnyRule copy = rule;
  rule.set("weight_decay", 1);
  EXPECT_EQ(double{copy.get("weight_decay")}, 0.5);
}

TEST(Composition, is_refused_where_the_compiler_would_refuse_it) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"sgd >> adam",
       "takes one rule with a learning rate; here are sgd, adam (for momentum, heavy_ball has none)"},
      {"orthogonalize >> orthogonalize_bfloat16",
       "takes one rule with a matrix to transform; here are orthogonalize, orthogonalize_bfloat16"},
      {"trust_ratio >> muon",
       "takes a rule of matrices or rules that measure tensors, not both; here are muon and trust_ratio"},
      {"heavy_ball >> heavy_ball >> heavy_ball >> heavy_ball >> heavy_ball >> heavy_ball >> heavy_ball >> "
       "adam",
       "keeps at most 8 arrays a parameter; here are 9"},
      {"trust_ratio >> trust_ratio >> trust_ratio >> trust_ratio >> trust_ratio",
       "takes at most 4 looks before the sweep; here are 5"}};
  for (const auto& [text, expected] : rows) {
    EXPECT_TRUE(contains(message_of([&, text = text] { make_rule(text); }), expected));
    EXPECT_TRUE(
        contains(message_of([&, text = text] { parse_rule(text); }), "', at 1: a composition " + expected));
  }
  AnyRule long_one = ClipValue{};
  EXPECT_EQ(message_of([&] {
              for (;;) long_one = long_one >> ClipValue{};
            }),
            "a composition has at most 16 links; here are 17");
  EXPECT_TRUE(contains(message_of([] { make_rule("clip_norm >> adaam"); }),
                       "there is no rule 'adaam'; the nearest: adam"));
}

}  // namespace
}  // namespace gradus::test
