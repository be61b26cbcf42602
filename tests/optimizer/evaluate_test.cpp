// The points to train and to evaluate at.

#include <gtest/gtest.h>

#include <cmath>

#include "support/text.hpp"
#include "support/typed_bench.hpp"

namespace gradus::test {
namespace {

std::vector<Types> kinds() {
  const StateOptions small{
      .dtype = State::block8, .parameter_rounding = Rounding::stochastic, .from_size = 0};
  const StateOptions low{.dtype = State::bf16, .keep_low_half = true, .from_size = 0};
  return {Types{}, Types{Dtype::f64, Dtype::f32, {}}, Types{Dtype::bf16, Dtype::f32, small},
          Types{Dtype::f16, Dtype::f16, {}}, Types{Dtype::bf16, Dtype::bf16, low}};
}

TypedBench trained(const Types& types) {
  TypedBench bench(ScheduleFreeAdamW{.lr = 0.1}, types, {{37, 41}, {600}});
  for (std::uint64_t i = 0; i < 5; ++i) bench.step(i);
  return bench;
}

TEST(Evaluate, and_train_restore_the_very_bits) {
  for (const Types& types : kinds()) {
    TypedBench bench = trained(types), undisturbed = trained(types);
    const auto before = bench.contents();
    EXPECT_FALSE(bench.optimizer.evaluating());
    bench.optimizer.evaluate();
    EXPECT_TRUE(bench.optimizer.evaluating());
    EXPECT_NE(bench.x[0].elements, before[0].at("x"));
    bench.optimizer.train();
    EXPECT_FALSE(bench.optimizer.evaluating());
    EXPECT_EQ(bench.contents(), before) << name_of(types.x);
    bench.step(5);
    undisturbed.step(5);
    EXPECT_EQ(bench.contents(), undisturbed.contents()) << name_of(types.x);
  }
}

TEST(Evaluate, twice_is_once_and_so_is_train) {
  for (const Types& types : kinds()) {
    TypedBench bench = trained(types);
    const auto training = bench.contents();
    bench.optimizer.train();
    EXPECT_EQ(bench.contents(), training);
    bench.optimizer.evaluate();
    const auto evaluating = bench.contents();
    bench.optimizer.evaluate();
    EXPECT_EQ(bench.contents(), evaluating);
    bench.optimizer.train();
    bench.optimizer.train();
    EXPECT_EQ(bench.contents(), training);
  }
}

TEST(Evaluate, puts_the_parameters_at_the_mean_of_all_iterates) {
  for (const Types& types : kinds()) {
    TypedBench bench = trained(types);
    const double near = bytes_of(types.x) < 4 ? 0x1p-6 : 1e-5;
    const std::vector<double> y = decoded<double>(bench.x[1]);
    const std::vector<double> z = bench.optimizer.state(bench.ids[1], "z").decode();
    bench.optimizer.evaluate();
    const std::vector<double> x = decoded<double>(bench.x[1]);
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_TRUE(std::isfinite(x[i]));
      // y = 0.9 x + 0.1 z
      EXPECT_NEAR(0.9 * x[i] + 0.1 * z[i], y[i], near * (std::abs(y[i]) + std::abs(z[i])) + 1e-6)
          << name_of(types.x);
    }
  }
}

TEST(Evaluate, shows_the_point_to_train_at) {
  for (const Types& types : kinds()) {
    TypedBench bench = trained(types);
    EXPECT_NE(message_of([&] { static_cast<void>(bench.optimizer.state(bench.ids[0], "training_point")); }),
              "");
    const std::vector<std::byte> before = bench.x[0].elements;
    bench.optimizer.evaluate();
    const StateView point = bench.optimizer.state(bench.ids[0], "training_point");
    EXPECT_EQ(point.dtype, types.state.keep_low_half ? Dtype::halves : types.x);
    EXPECT_EQ(point.shape, (Shape{37, 41}));
    EXPECT_EQ(bytes_at(point.data, before.size()), before);
    bench.optimizer.train();
    EXPECT_NE(message_of([&] { static_cast<void>(bench.optimizer.state(bench.ids[0], "training_point")); }),
              "");
  }
}

TEST(Evaluate, lets_nothing_move_until_train) {
  TypedBench bench = trained(Types{});
  bench.optimizer.evaluate();
  const auto before = bench.contents();
  EXPECT_EQ(message_of([&] { bench.optimizer.step(); }),
            "step() was called between evaluate() and train(): the parameters are where they are evaluated, "
            "not where they are trained; call train() first");
  std::vector<float> x(3), elsewhere(600);
  EXPECT_EQ(message_of([&] { bench.optimizer.add("late", {3}, x, {}); }),
            "add() was called between evaluate() and train(); call train() first");
  EXPECT_EQ(message_of([&] { bench.optimizer.rebind(bench.ids[1], elsewhere, bench.gradient(1)); }),
            "parameter 'p1' was rebound between evaluate() and train(); call train() first");
  EXPECT_EQ(bench.contents(), before);
  EXPECT_EQ(bench.optimizer.steps(), 5);
  // Another gradient is no other place.
  EXPECT_EQ(message_of([&] { bench.optimizer.rebind(bench.ids[1], bench.elements(1), {}); }), "");
  bench.optimizer.train();
  EXPECT_EQ(message_of([&] { bench.optimizer.add("late", {3}, x, {}); }), "");
  EXPECT_EQ(message_of([&] { bench.optimizer.rebind(bench.ids[1], elsewhere, {}); }), "");
  EXPECT_EQ(bench.optimizer.step().status, Status::applied);
}

TEST(Evaluate, before_the_first_step_moves_nothing) {
  TypedBench bench(ScheduleFreeAdamW{}, Types{}, {{600}});
  const std::vector<std::byte> before = bench.x[0].elements;
  bench.optimizer.evaluate();
  EXPECT_EQ(bench.x[0].elements, before);
  bench.optimizer.train();
  EXPECT_EQ(bench.x[0].elements, before);
}

TEST(Evaluate, moves_only_parameters_whose_rule_has_such_a_point) {
  TypedBench bench(Adam{}, Types{}, {{600}});
  bench.step(0);
  const auto before = bench.contents();
  bench.optimizer.evaluate();
  EXPECT_EQ(bench.contents(), before);
  std::vector<float> elsewhere(600);
  EXPECT_EQ(message_of([&] { bench.optimizer.rebind(bench.ids[0], elsewhere, {}); }), "");
}

TEST(Evaluate, has_the_same_bits_on_every_instruction_set) {
  const auto evaluated = [](Isa isa) {
    Types types = kinds()[2];
    TypedBench bench(ScheduleFreeAdamW{.lr = 0.1} >> WeightDecay{0.01}, types, {{37, 41}},
                     {.isa = isa, .seed = 3});
    for (std::uint64_t i = 0; i < 3; ++i) bench.step(i);
    bench.optimizer.evaluate();
    return bench.contents();
  };
  for (const Isa isa : available_isas()) EXPECT_EQ(evaluated(isa), evaluated(Isa::baseline)) << name_of(isa);
}

TEST(Evaluate, passes_an_empty_parameter_by) {
  std::vector<float> x, g;
  Optimizer optimizer(ScheduleFreeAdamW{});
  const ParameterId id = optimizer.add("x", {0}, x, g);
  optimizer.evaluate();
  std::vector<float> other;
  optimizer.rebind(id, other, {});
  optimizer.train();
  EXPECT_FALSE(optimizer.evaluating());
}

}  // namespace
}  // namespace gradus::test
