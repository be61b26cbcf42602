#include "support/gradients.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/hash.hpp"
#include "support/text.hpp"

namespace gradus::test {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

void set_gradient(Bench<float>& bench, const std::vector<float>& g) {
  std::copy(g.begin(), g.end(), bench.g[0].begin());
}

// Seen elsewhere: the norm overflowed at 1e20; clipping then zeroed.
TEST(GradientNorm, of_large_gradients_does_not_overflow) {
  Bench<float> bench(ClipNorm{1.0} >> SGD{.lr = 1.0}, {{100}});
  set_gradient(bench, std::vector<float>(100, 1e20F));
  const auto before = bench.x[0];
  EXPECT_NEAR(bench.optimizer.step().gradient_norm, 1e21, 1e14);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_NEAR(before[i] - bench.x[0][i], 0.1, 1e-5);
}

TEST(GradientNorm, of_huge_doubles_does_not_overflow) {
  Bench<double> bench(ClipNorm{1.0} >> SGD{.lr = 1.0}, {{4}});
  std::fill(bench.g[0].begin(), bench.g[0].end(), 1e300);
  EXPECT_NEAR(bench.optimizer.step().gradient_norm, 2e300, 1e286);
}

// Seen elsewhere: finite gradients whose sum overflows were taken for infinite ones.
TEST(GradientNorm, of_finite_gradients_whose_sum_overflows_skips_nothing) {
  Bench<float> bench(SGD{}, {{4}});
  set_gradient(bench, std::vector<float>(4, std::numeric_limits<float>::max()));
  EXPECT_EQ(bench.optimizer.step().status, Status::applied);
}

// Seen elsewhere: clipping by a zero norm gave NaN.
TEST(ClipNorm, of_zero_gradients_is_the_identity) {
  Bench<float> bench(ClipNorm{1.0} >> SGD{.lr = 1.0}, {{4}});
  const auto before = bench.x[0];
  EXPECT_EQ(bench.optimizer.step().gradient_norm, 0);
  EXPECT_EQ(bench.x[0], before);
}

TEST(ClipNorm, is_taken_over_all_groups) {
  std::vector<float> x{0, 0}, g{3, 4};
  Optimizer optimizer(ClipNorm{1.0} >> SGD{.lr = 1.0});
  const GroupId other = optimizer.add_group(SGD{.lr = 1.0});
  optimizer.add("a", {1}, std::span(x).first(1), std::span(g).first(1));
  optimizer.add("b", {1}, std::span(x).last(1), std::span(g).last(1), other);
  EXPECT_EQ(optimizer.step().gradient_norm, 5);
  EXPECT_NEAR(x[0], -3.0 / 5, 1e-6);
  EXPECT_EQ(x[1], -4);
}

// Seen elsewhere: infinity times 0 in clipping.
TEST(NonFinite, gradients_change_nothing_with_clipping_either) {
  for (const float bad : {std::nanf(""), kInf, -kInf}) {
    for (const AnyRule& rule : {AnyRule(ClipNorm{1.0} >> Adam{}), AnyRule(ClipValue{1.0} >> Adam{})}) {
      Bench<float> bench(rule, {{9}});
      const auto before = hash_of(bench);
      bench.g[0][8] = bad;
      EXPECT_EQ(bench.optimizer.step().status, Status::skipped);
      EXPECT_EQ(hash_of(bench), before);
    }
  }
}

TEST(NonFinite, raise_throws_and_changes_nothing) {
  Bench<float> bench(Adam{}, {{9}, {2}}, {.non_finite = NonFinite::raise});
  const auto before = hash_of(bench);
  bench.g[1][1] = kInf;
  try {
    bench.optimizer.step();
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the gradient is not finite (NaN or infinity) in 1 of 2 parameters: p1");
  }
  EXPECT_EQ(hash_of(bench), before);
}

TEST(NonFinite, propagate_lets_a_nan_through_clipping) {
  for (const AnyRule& rule : {AnyRule(ClipValue{1.0} >> SGD{}), AnyRule(ClipNorm{1.0} >> SGD{}),
                              AnyRule(AMSGrad{}), AnyRule(RMSPropCentered{})}) {
    Bench<float> bench(rule, {{9}}, {.non_finite = NonFinite::propagate});
    bench.g[0][3] = std::nanf("");
    EXPECT_EQ(bench.optimizer.step().status, Status::applied);
    EXPECT_TRUE(std::isnan(bench.x[0][3])) << rule.name();
  }
}

// As PyTorch's clip_grad_norm_ does.
TEST(NonFinite, propagate_through_the_norm_spoils_every_parameter) {
  Bench<float> bench(ClipNorm{1.0} >> SGD{}, {{3}, {2}}, {.non_finite = NonFinite::propagate});
  bench.g[0][1] = std::nanf("");
  bench.optimizer.step();
  EXPECT_TRUE(std::isnan(bench.x[1][0]));
}

TEST(NonFinite, is_what_the_loss_scale_makes_of_a_gradient) {
  Bench<float> bench(Adam{}, {{3}, {2}});
  const auto before = hash_of(bench);
  bench.g[1][1] = -1e30F;
  EXPECT_EQ(bench.optimizer.step({.loss_scale = 1e-20}).non_finite, std::vector<std::string>{"p1"});
  EXPECT_EQ(hash_of(bench), before);
  EXPECT_EQ(bench.optimizer.step({.loss_scale = 1e-8}).status, Status::applied);
}

TEST(NonFinite, is_told_from_what_is_too_large_for_float32) {
  std::vector<float> x(2), more(2), h(2);
  std::vector<double> g{1, 1e300};
  Optimizer optimizer(SGD{});
  optimizer.add("x", {2}, x, g);
  optimizer.add("more", {2}, more, h);
  EXPECT_EQ(optimizer.step().message, "the gradient is not finite in float32 in 1 of 2 parameters: x");
  EXPECT_EQ(optimizer.step({.loss_scale = 1e-30}).message,
            "the gradient is not finite in float32 in 1 of 2 parameters: x");
  h[0] = kInf;
  EXPECT_EQ(optimizer.step().message,
            "the gradient is not finite (NaN or infinity) in 2 of 2 parameters: x, more");
}

TEST(NonFinite, is_found_at_every_place) {
  Bench<float> bench(SGD{}, {{8192 + 37}});
  for (const std::size_t place : {0UL, 1UL, 15UL, 16UL, 8191UL, 8192UL, 8192UL + 36UL}) {
    bench.g[0][place] = -kInf;
    EXPECT_EQ(bench.optimizer.step().status, Status::skipped) << place;
    bench.g[0][place] = std::numeric_limits<float>::max();
    EXPECT_EQ(bench.optimizer.step().status, Status::applied) << place;
    bench.g[0][place] = 0;
  }
}

TEST(NonFinite, names_the_first_ten_parameters) {
  Bench<float> bench(SGD{}, std::vector<Shape>(12, Shape{1}));
  for (auto& g : bench.g) g[0] = kInf;
  const StepReport report = bench.optimizer.step();
  EXPECT_EQ(report.non_finite.size(), 10);
  EXPECT_NE(report.message.find("in 12 of 12 parameters: p0, p1"), std::string::npos) << report.message;
}

TEST(NonFinite, steps_are_counted_and_one_too_many_in_a_row_throws) {
  Bench<float> bench(Adam{}, {{9}, {2}}, {.overflow = Overflow::skip, .abort_after = 3});
  const auto step = [&](float g) {
    bench.g[1][1] = g;
    return bench.optimizer.step().status;
  };
  const auto before = hash_of(bench);
  EXPECT_EQ(step(kInf), Status::skipped);
  EXPECT_EQ(step(std::numeric_limits<float>::max()), Status::skipped);  // its square overflows
  EXPECT_EQ(hash_of(bench), before);
  EXPECT_EQ(step(1), Status::applied);
  EXPECT_EQ(bench.optimizer.skipped_in_a_row(), 0);

  const auto after = hash_of(bench);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(step(kInf), Status::skipped);
  for (int i = 3; i <= 4; ++i)
    EXPECT_EQ(message_of([&] { step(std::nanf("")); }),
              "the gradient is not finite (NaN or infinity) in 1 of 2 parameters: p1; skipped in a row: " +
                  std::to_string(i) + " (abort_after is 3)");
  EXPECT_EQ(hash_of(bench), after);
  EXPECT_EQ(bench.optimizer.skipped(), 6);
  EXPECT_EQ(bench.optimizer.skipped_in_a_row(), 4);
  EXPECT_EQ(step(1), Status::applied);
  EXPECT_EQ(step(kInf), Status::skipped);
}

TEST(NonFinite, steps_without_gradients_are_not_counted) {
  std::vector<float> x(3);
  Optimizer optimizer(SGD{}, {.abort_after = 1});
  optimizer.add("x", {3}, x, {});
  EXPECT_EQ(optimizer.step().status, Status::skipped);
  EXPECT_EQ(optimizer.skipped(), 0);
}

}  // namespace
}  // namespace gradus::test
