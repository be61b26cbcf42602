// Gradients that are finite, and whose squares are not.

#include <gtest/gtest.h>

#include <cmath>

#include "support/typed_bench.hpp"

namespace gradus::test {
namespace {

struct Large {
  Dtype x, g;
  double gradient;
  bool overflows;
};

const Large kLarge[] = {{Dtype::f32, Dtype::f32, 3e19, true},    {Dtype::f32, Dtype::f32, -3e19, true},
                        {Dtype::f32, Dtype::f32, 1.8e19, false}, {Dtype::f64, Dtype::f64, 3e19, false},
                        {Dtype::f64, Dtype::f64, 1e160, true},   {Dtype::f64, Dtype::f64, 1e150, false},
                        {Dtype::f32, Dtype::f64, 3e19, true},    {Dtype::f64, Dtype::f32, 3e38, false},
                        {Dtype::bf16, Dtype::bf16, 3e19, true},  {Dtype::bf16, Dtype::f16, 65504, false},
                        {Dtype::f16, Dtype::bf16, -3e38, true}};

TypedBench with_large(const AnyRule& rule, const Large& large, Overflow overflow) {
  TypedBench bench(rule, {large.x, large.g, {}}, {{40}, {600}, {7}}, {.overflow = overflow});
  bench.draw(0);
  std::vector<double> g = noise_array<double>(1, 600);
  g[577] = large.gradient;
  bench.set_gradient(1, encoded<double>(large.g, g, nullptr, Isa::baseline));
  return bench;
}

// With a norm or without: the looks at the gradients are others.
TEST(Overflow, is_reported_and_the_step_taken_unless_it_is_to_be_skipped) {
  for (const AnyRule& rule : {AnyRule(Adam{}), AnyRule(ClipNorm{1.0} >> Adam{})})
    for (const Large& large : kLarge) {
      const auto where = testing::Message()
                         << rule.name() << ' ' << name_of(large.x) << ' ' << large.gradient;
      const std::vector<std::string> names(large.overflows ? 1 : 0, "p1");
      TypedBench reporting = with_large(rule, large, Overflow::report);
      const StepReport report = reporting.optimizer.step();
      EXPECT_EQ(report.status, Status::applied) << where;
      EXPECT_EQ(report.overflowing, names) << where;
      EXPECT_EQ(report.message, "") << where;

      TypedBench skipping = with_large(rule, large, Overflow::skip);
      const auto before = skipping.contents();
      const StepReport skipped = skipping.optimizer.step();
      EXPECT_EQ(skipped.status, large.overflows ? Status::skipped : Status::applied) << where;
      EXPECT_EQ(skipped.overflowing, names) << where;
      EXPECT_EQ(skipping.contents() == before, large.overflows) << where;
      EXPECT_EQ(skipped.message,
                large.overflows ? "the square of the gradient is not finite in 1 of 3 parameters: p1" : "");
      EXPECT_TRUE(report.non_finite.empty() && skipped.non_finite.empty());
    }
}

TEST(Overflow, is_that_of_what_the_loss_scale_makes_of_a_gradient) {
  const Large large{Dtype::f32, Dtype::f32, 3e19, true};
  EXPECT_TRUE(
      with_large(Adam{}, large, Overflow::skip).optimizer.step({.loss_scale = 1024}).overflowing.empty());
  const Large small{Dtype::f32, Dtype::f32, 3e18, false};
  EXPECT_EQ(with_large(Adam{}, small, Overflow::skip).optimizer.step({.loss_scale = 0x1p-10}).status,
            Status::skipped);
}

TEST(Overflow, names_the_first_ten_parameters) {
  Bench<float> bench(SGD{}, std::vector<Shape>(12, Shape{1}), {.overflow = Overflow::skip});
  for (auto& g : bench.g) g[0] = 3e19F;
  const StepReport report = bench.optimizer.step();
  EXPECT_EQ(report.overflowing.size(), 10U);
  EXPECT_EQ(report.overflowing.back(), "p9");
  EXPECT_NE(report.message.find("in 12 of 12 parameters: p0, p1"), std::string::npos) << report.message;
}

TEST(Overflow, beside_a_gradient_that_is_not_finite_is_named_for_itself) {
  Bench<float> bench(SGD{}, {{2}, {2}, {2}});
  bench.g[0][1] = 3e19F;
  bench.g[2][0] = std::numeric_limits<float>::infinity();
  const StepReport report = bench.optimizer.step();
  EXPECT_EQ(report.status, Status::skipped);
  EXPECT_EQ(report.overflowing, std::vector<std::string>{"p0"});
  EXPECT_EQ(report.non_finite, std::vector<std::string>{"p2"});
}

TEST(Overflow, of_a_parameter_without_gradient_is_none) {
  Bench<float> bench(SGD{}, {{2}, {2}});
  bench.g[0][1] = 3e19F;
  bench.optimizer.clear_gradient(bench.ids[0]);
  EXPECT_TRUE(bench.optimizer.step().overflowing.empty());
}

TEST(Overflow, is_not_looked_for_where_non_finite_gradients_propagate) {
  Bench<float> bench(SGD{}, {{2}}, {.non_finite = NonFinite::propagate, .overflow = Overflow::skip});
  bench.g[0][1] = 3e19F;
  const StepReport report = bench.optimizer.step();
  EXPECT_EQ(report.status, Status::applied);
  EXPECT_TRUE(report.overflowing.empty());
}

/// A matrix whose elements are all that.
TypedBench with_matrix(const AnyRule& rule, Dtype dtype, double element, OptimizerOptions options = {}) {
  TypedBench bench(rule, {dtype, dtype, {}}, {{20, 30}, {30, 20}}, std::move(options));
  bench.draw(0);
  bench.set_gradient(1, encoded<double>(dtype, std::vector<double>(600, element), nullptr, Isa::baseline));
  return bench;
}

// Each square was finite, and their sums, which such rules take, were not: x became NaN, and the report said
// nothing.
TEST(Overflow, of_the_sum_of_squares_is_that_of_a_matrix_rule) {
  const double root = std::sqrt(600.0), of_float = 1.84e19 / root, of_double = 1.34e154 / root;
  for (const AnyRule& rule : {AnyRule(SOAP{}), AnyRule(Muon{}), AnyRule(ClipNorm{1.0} >> SOAP{})})
    for (const auto& [dtype, limit] : {std::pair(Dtype::f32, of_float), std::pair(Dtype::f64, of_double)}) {
      TypedBench reporting = with_matrix(rule, dtype, 1.01 * limit);
      EXPECT_EQ(reporting.optimizer.step().overflowing, std::vector<std::string>{"p1"}) << rule.name();
      TypedBench skipping = with_matrix(rule, dtype, 1.01 * limit, {.overflow = Overflow::skip});
      const StepReport report = skipping.optimizer.step();
      EXPECT_EQ(report.status, Status::skipped) << rule.name();
      EXPECT_EQ(report.message, "the square of the gradient is not finite in 1 of 2 parameters: p1");

      TypedBench below = with_matrix(rule, dtype, 0.99 * limit, {.overflow = Overflow::skip});
      for (int i = 0; i < 12; ++i)  // soap's basis changes after ten
        EXPECT_EQ(below.optimizer.step().status, Status::applied) << rule.name();
      for (const double x : decoded<double>(below.x[1])) ASSERT_TRUE(std::isfinite(x)) << rule.name();
    }
}

}  // namespace
}  // namespace gradus::test
