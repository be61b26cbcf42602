#include "gradus/core/chain.hpp"

#include <gtest/gtest.h>

#include <array>

#include "gradus/rules/adamw.hpp"
#include "gradus/rules/clip.hpp"
#include "gradus/rules/momentum.hpp"

namespace gradus::test {
namespace {

TEST(Chain, gives_the_direction_of_one_link_to_the_next) {
  const auto chain = SGD{.lr = 1.0} >> HeavyBall{.momentum = 0.5} >> WeightDecay{0.25};
  std::array<double, 0> none{};
  Now now{1, 0, 1, 1, none};
  const auto step = chain.at(now);
  Real<double> b{4};
  EXPECT_EQ(decltype(chain)::update(step, Real<double>{3}, Real<double>{8}, b).value, 0.5 * 4 + 3 + 0.25 * 8);
  EXPECT_EQ(b.value, 5);
}

TEST(Chain, of_a_name_for_a_composition_is_the_composition) {
  static_assert(std::is_same_v<decltype(AdamW{}.chain()), decltype(Adam{} >> WeightDecay{})>);
  static_assert(
      std::is_same_v<decltype(ClipNorm{} >> AdamW{}), decltype(ClipNorm{} >> (Adam{} >> WeightDecay{}))>);
}

TEST(Chain, has_the_learning_rate_of_the_link_that_has_one) {
  EXPECT_EQ(learning_rate(ClipNorm{} >> Adam{.lr = 0.5} >> WeightDecay{}), 0.5);
  EXPECT_EQ(learning_rate(ClipNorm{} >> WeightDecay{}), 1);
}

TEST(Chain, gives_each_link_its_own_scalars) {
  const auto chain = Adam{.beta1 = 0.5, .beta2 = 0.25} >> Adam{.beta1 = 0.75, .beta2 = 0.125};
  std::array<double, 4> scalars{1, 1, 1, 1};
  Now now{1, 0, 1, 1, scalars};
  chain.at(now);
  EXPECT_EQ(scalars, (std::array{0.5, 0.25, 0.75, 0.125}));
}

}  // namespace
}  // namespace gradus::test
