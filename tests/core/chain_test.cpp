#include "gradus/core/chain.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "gradus/links/clip_norm.hpp"
#include "gradus/rules/adamw.hpp"
#include "gradus/rules/momentum.hpp"

namespace gradus::test {
namespace {

/// A link that keeps a number.
struct Halved {
  static constexpr auto slots = kNoSlots;
  static constexpr std::array scalars{Scalar{"half", 1}};
  struct Step {};
  Step at(Now& now) const {
    now.scalars[0] /= 2;
    return {};
  }
  template <class V>
  static V update(const Step& /*c*/, V u, V /*x*/) {
    return u;
  }
};

/// A rule of somebody's own may call its fields what a chain calls its links.
struct FirstAndSecond {
  Hyper lr = 0.5, first = 2, second = 3;
  static constexpr std::array fields{Field{"lr", &FirstAndSecond::lr, kNonNegative, "step size"},
                                     Field{"first", &FirstAndSecond::first, kNonNegative, "a factor"},
                                     Field{"second", &FirstAndSecond::second, kNonNegative, "another"}};
  static constexpr auto slots = kNoSlots;
  struct Step {
    Coef factor;
  };
  Step at(Now& /*now*/) const { return {first * second}; }
  template <class V>
  static V update(const Step& c, V g, V /*x*/) {
    return c.factor * g;
  }
};

TEST(Chain, is_not_taken_for_one_by_the_names_of_fields) {
  FirstAndSecond rule;
  std::vector<std::string> names;
  for_each_field(rule, [&](const auto& field, const Hyper&) { names.emplace_back(field.name); });
  EXPECT_EQ(names, (std::vector<std::string>{"lr", "first", "second"}));
  EXPECT_EQ(learning_rate(rule), 0.5);
}

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

TEST(Chain, is_of_one_type_however_its_links_are_put_together) {
  const auto in_order = ClipNorm{} >> Adam{} >> WeightDecay{} >> HeavyBall{};
  using InOrder = std::remove_const_t<decltype(in_order)>;
  static_assert(std::is_same_v<decltype(ClipNorm{} >> (Adam{} >> (WeightDecay{} >> HeavyBall{}))), InOrder>);
  static_assert(std::is_same_v<decltype((ClipNorm{} >> Adam{}) >> (WeightDecay{} >> HeavyBall{})), InOrder>);
  static_assert(std::is_same_v<decltype(ClipNorm{} >> AdamW{} >> HeavyBall{}), InOrder>);
}

TEST(Chain, has_the_learning_rate_of_the_link_that_has_one) {
  EXPECT_EQ(learning_rate(ClipNorm{} >> Adam{.lr = 0.5} >> WeightDecay{}), 0.5);
  EXPECT_EQ(learning_rate(ClipNorm{} >> WeightDecay{}), 1);
}

TEST(Chain, gives_each_link_its_own_scalars) {
  const auto chain = Halved{} >> Adam{.beta1 = 0.75, .beta2 = 0.125} >> Halved{};
  std::array<double, 4> scalars{1, 1, 1, 8};
  Now now{1, 0, 1, 1, scalars};
  chain.at(now);
  EXPECT_EQ(scalars, (std::array{0.5, 0.75, 0.125, 4.0}));
}

}  // namespace
}  // namespace gradus::test
