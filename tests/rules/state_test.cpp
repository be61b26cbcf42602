#include <gtest/gtest.h>

#include <map>

#include "rules/table.hpp"
#include "support/gradients.hpp"
#include "support/hash.hpp"

namespace gradus::test {
namespace {

class State : public testing::TestWithParam<RuleRow> {};

// Seen elsewhere: moments were computed and never stored.
TEST_P(State, of_every_slot_changes_with_a_step) {
  Bench<float> bench(GetParam().rule, {shape_for(GetParam())});
  const auto slot_arrays = [&] {
    std::map<std::string, std::vector<double>> arrays;
    std::vector<std::string> names = bench.optimizer.slots(bench.ids[0]);
    names.resize(arrays_of(GetParam().rule));
    for (const std::string& slot : names) arrays[slot] = bench.optimizer.state(bench.ids[0], slot).decode();
    return arrays;
  };
  const auto before = slot_arrays();
  bench.step(1);
  bench.step(2);  // soap's first one makes no moments yet
  for (const auto& [slot, array] : slot_arrays()) EXPECT_NE(array, before.at(slot)) << slot;
}

// A shape of 2^62 rows of nothing took as many numbers of rows.
TEST_P(State, of_a_parameter_without_elements_is_empty) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  Bench<float> bench(GetParam().rule, {shape_for(GetParam())});
  std::vector<float> none;
  for (const Shape& shape : {Shape{0, 3}, {3, 0}, {kHuge, 0}, {0, kHuge}, {kHuge, 4, 0}}) {
    const ParameterId id = bench.optimizer.add(std::to_string(bench.optimizer.size()), shape, none, none);
    for (std::size_t i = 0; i < arrays_of(GetParam().rule); ++i)
      EXPECT_EQ(bench.optimizer.state(id, bench.optimizer.slots(id)[i]).size, 0U);
  }
  for (std::uint64_t i = 0; i < 2; ++i) EXPECT_EQ(bench.step(i).status, Status::applied);
}

// Seen elsewhere: one parameter's step count was used for all; a missing gradient was taken for zero.
TEST_P(State, of_a_parameter_without_gradient_stays_as_it_is) {
  const Shape shape = shape_for(GetParam());
  Bench<float> bench(GetParam().rule, {shape, shape});
  bench.step(0);
  bench.draw(1);
  bench.optimizer.clear_gradient(bench.ids[1]);
  const auto x = bench.x[1];
  const auto hash = [&] {
    Hash h;
    std::vector<std::string> own = bench.optimizer.slots(bench.ids[1]);
    own.resize(own.size() - GetParam().rule.program().shared().size());
    for (const std::string& slot : own)
      h.add(std::span<const double>(bench.optimizer.state(bench.ids[1], slot).decode()));
    return h.value();
  };
  const auto before = hash();
  EXPECT_EQ(bench.optimizer.step().status, Status::applied);
  EXPECT_EQ(bench.x[1], x);
  EXPECT_EQ(hash(), before);
  EXPECT_EQ(bench.optimizer.steps(bench.ids[0]), 2);
  EXPECT_EQ(bench.optimizer.steps(bench.ids[1]), 1);
}

// A parameter with gradients on odd steps only moves as if the other steps had not been.
TEST_P(State, counts_only_a_parameters_own_steps) {
  for (const FieldInfo& field : GetParam().rule.fields())
    if (field.scheduled) GTEST_SKIP() << "a schedule goes on with the optimizer's steps";
  if (GetParam().rule.program().needs_gradient_norm()) GTEST_SKIP() << "sees the norm over all parameters";
  if (shares(GetParam().rule)) GTEST_SKIP() << "shares numbers between all parameters";
  const Shape shape = shape_for(GetParam());
  Bench<float> sometimes(GetParam().rule, {shape, shape}), alone(GetParam().rule, {shape, shape});
  for (int i = 0; i < 10; ++i) {
    sometimes.draw(i);
    if (i % 2 == 0)
      sometimes.optimizer.clear_gradient(sometimes.ids[1]);
    else
      sometimes.optimizer.rebind(sometimes.ids[1], std::span<float>(sometimes.x[1]),
                                 std::span<const float>(sometimes.g[1]));
    sometimes.optimizer.step();
    if (i % 2 == 1) alone.step(i);
  }
  EXPECT_EQ(sometimes.x[1], alone.x[1]);
  EXPECT_NE(sometimes.x[0], alone.x[0]);
}

// Seen elsewhere: a skipped step advanced the schedule.
TEST_P(State, is_untouched_by_a_step_whose_gradient_is_not_finite) {
  for (const float bad :
       {std::nanf(""), std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
    const Shape shape = shape_for(GetParam());
    Bench<float> bench(GetParam().rule, {shape, shape}), clean(GetParam().rule, {shape, shape});
    for (int i = 0; i < 6; ++i) {
      bench.draw(99);
      bench.g[1][13] = bad;
      const StepReport report = bench.optimizer.step();
      EXPECT_EQ(report.status, Status::skipped);
      EXPECT_EQ(report.non_finite, std::vector<std::string>{"p1"});
      EXPECT_EQ(bench.optimizer.steps(), i);
      EXPECT_EQ(bench.step(i).status, Status::applied);
      clean.step(i);
    }
    EXPECT_EQ(hash_of(bench), hash_of(clean));
  }
}

INSTANTIATE_TEST_SUITE_P(rule, State, testing::ValuesIn(rules()),
                         [](const auto& row) { return row.param.name; });

TEST(EffectiveLr, is_the_rate_over_the_root_for_adam) {
  Bench<double> bench(Adam{.lr = 0.1, .eps = 1e-3}, {{20}});
  EXPECT_TRUE(bench.optimizer.effective_lr(bench.ids[0]).empty());
  bench.step(0);
  const std::vector<double> rates = bench.optimizer.effective_lr(bench.ids[0]);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const double v_hat = bench.g[0][i] * bench.g[0][i];  // after one step the unbiased v is g^2
    EXPECT_NEAR(rates[i], 0.1 / (std::sqrt(v_hat) + 1e-3), 1e-9 * rates[i]);
  }
}

TEST(EffectiveLr, is_what_a_gradient_is_multiplied_by) {
  const auto moved_by_rate = [](const AnyRule& rule) {
    Bench<double> bench(rule, {{50}});
    bench.step(0);
    bench.draw(1);
    const auto before = bench.x[0];
    bench.optimizer.step();
    const std::vector<double> rates = bench.optimizer.effective_lr(bench.ids[0]);
    for (std::size_t i = 0; i < rates.size(); ++i)
      EXPECT_NEAR(before[i] - bench.x[0][i], rates[i] * bench.g[0][i], 1e-12 * (1 + std::abs(before[i])))
          << rule.name();
  };
  moved_by_rate(SGD{.lr = 0.01});
  moved_by_rate(AdaGrad{});
  moved_by_rate(AdaGradEpsInRoot{});
  moved_by_rate(RMSProp{});
  moved_by_rate(RMSPropEpsInRoot{});
  moved_by_rate(RMSPropCentered{});
  moved_by_rate(Adam{.beta1 = 0.0});
  moved_by_rate(LAMB{.beta1 = 0.0});
  moved_by_rate(SWATS{.beta1 = 0.0});
  moved_by_rate(Prodigy{.beta1 = 0.0, .d0 = 0.1});
}

TEST(EffectiveLr, of_some_elements_is_that_of_all) {
  for (const gradus::State kept : {gradus::State::plain, gradus::State::bf16, gradus::State::block8}) {
    std::vector<float> x(3000, 1), g(3000);
    for (std::size_t i = 0; i < g.size(); ++i) g[i] = static_cast<float>(i % 97) - 40.5F;
    Optimizer optimizer{Adam{}, {.state = {.dtype = kept, .from_size = 1}}};
    const ParameterId id = optimizer.add("x", {3000}, x, g);
    optimizer.step();
    const std::vector<double> all = optimizer.effective_lr(id);
    for (const auto& [first, count] : {std::pair{0, 3000}, {256, 1}, {768, 1500}, {2816, 184}, {2816, 0}}) {
      const std::vector<double> some =
          optimizer.effective_lr(id, static_cast<std::size_t>(first), static_cast<std::size_t>(count));
      EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin() + first, all.begin() + first + count));
    }
    EXPECT_THROW((void)optimizer.effective_lr(id, 1, 5), Error);
    EXPECT_THROW((void)optimizer.effective_lr(id, 2816, 185), Error);
    EXPECT_THROW((void)optimizer.effective_lr(id, 3072, 0), Error);
  }
}

TEST(EffectiveLr, is_unknown_for_a_matrix_rule) {
  Bench<float> bench(Muon{}, {{4, 5}});
  bench.step(0);
  EXPECT_TRUE(bench.optimizer.effective_lr(bench.ids[0]).empty());
}

// Seen elsewhere: AdamW acted as Adam. With these numbers every product is exact.
TEST(AdamW, shrinks_a_parameter_without_pull_by_exactly_lr_times_decay) {
  std::vector<float> x{1, -2, 64}, g(3);
  Optimizer optimizer(AdamW{.lr = 0.25, .weight_decay = 0.5});
  optimizer.add("x", {3}, x, g);
  optimizer.step();
  EXPECT_EQ(x, (std::vector<float>{0.875, -1.75, 56}));
}

}  // namespace
}  // namespace gradus::test
