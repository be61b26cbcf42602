// Every rule with every type of parameter, gradient and state: a step is that of the plain reference on the
// decoded numbers, encoded again, to the last bit.

#include <gtest/gtest.h>

#include <cmath>

#include "rules/all_types.hpp"
#include "rules/kept_plain.hpp"
#include "rules/table.hpp"
#include "support/counting_pool.hpp"
#include "support/state_file.hpp"
#include "support/typed_bench.hpp"

namespace gradus::test {
namespace {

// The tests

class EveryType : public testing::TestWithParam<RuleRow> {};

/// Several tiles and blocks, and odd ends of both.
std::vector<Shape> shapes_for(const RuleRow& row) {
  if (row.matrices_only) return {{29, 37}, {23, 2, 12}};
  return {{600}, {29, 37}};
}

TEST_P(EveryType, has_the_bits_of_the_plain_reference_on_every_instruction_set) {
  for_all_types([&](const Types& types) {
    for (const Shape& shape : shapes_for(GetParam()))
      with_type(arithmetic_of(types), [&]<class T>(T) {
        expect_reference<T>(GetParam(), types, shape,
                            text_of(types) + ", " + std::to_string(shape.size()) + " dimensions");
      });
  });
}

// Threads and tasks

/// Enough for several tasks. Rows begin within blocks.
std::vector<Shape> large_shapes_for(const RuleRow& row) {
  if (row.matrices_only) return std::vector<Shape>(40, {21, 41});
  return {{9, 4099}, {1}, {133, 7}};
}

TEST_P(EveryType, has_the_same_bits_for_any_number_of_threads) {
  for (const Types& types : some_types()) {
    std::vector<Contents> alone;
    for (const std::size_t threads : several_threads()) {
      const auto pool = std::make_shared<CountingPool>(threads);
      TypedBench bench(GetParam().rule, types, large_shapes_for(GetParam()), {.executor = pool});
      for (std::uint64_t i = 0; i < 2; ++i) EXPECT_EQ(bench.step(i).status, Status::applied);
      EXPECT_GT(pool->runs(), 0) << "there was nothing for a second thread";
      if (threads == 1) alone = bench.contents();
      for (std::size_t p = 0; p < alone.size(); ++p)
        EXPECT_EQ(differing(bench.contents(p), alone[p]), "") << text_of(types) << ", " << threads;
    }
  }
}

/// What lies before an array shifts where it is cut to tasks.
TEST_P(EveryType, has_the_same_bits_however_arrays_are_cut_to_tasks) {
  const RuleRow& row = GetParam();
  if (shares(row.rule) || row.rule.program().needs_gradient_norm())
    GTEST_SKIP() << "sees the other parameters";
  const Shape shape = row.matrices_only ? Shape{21, 41} : Shape{11, 4099};
  for (const Types& types : some_types()) {
    Contents alone;
    for (const std::int64_t before : {0, 1, 12289, 30000}) {
      TypedBench bench(row.rule, types, {shape});
      Kept x = kept_noise(types.x, 5, static_cast<std::size_t>(before)), g(types.g, x.n);
      Optimizer optimizer(row.rule, {.state = types.state});
      if (before > 0)
        optimizer.add("before", {before, 1}, Elements(types.x, x.elements.data(), x.n),
                      ConstElements(types.g, g.elements.data(), g.n));
      bench.ids[0] = optimizer.add("p0", shape, bench.elements(0), bench.gradient(0));
      bench.optimizer = std::move(optimizer);
      for (std::uint64_t i = 0; i < 2; ++i) bench.step(i);
      if (before == 0) alone = bench.contents(0);
      EXPECT_EQ(differing(bench.contents(0), alone), "") << text_of(types) << ", behind " << before;
    }
  }
}

// In a file

TEST_P(EveryType, has_the_same_bits_in_a_mapped_file) {
  std::vector<Types> all = some_types();
  all.push_back(types_of(Dtype::f32, Dtype::f32, State::plain));
  for (const Types& types : all) {
    Types mapped = types;
    mapped.state.file = name_of_state_file();
    TypedBench memory(GetParam().rule, types, large_shapes_for(GetParam()));
    TypedBench file(GetParam().rule, mapped, large_shapes_for(GetParam()));
    for (TypedBench* bench : {&memory, &file}) {
      for (std::uint64_t i = 0; i < 2; ++i) EXPECT_EQ(bench->step(i).status, Status::applied);
      bench->optimizer.evaluate();
    }
    for (std::size_t p = 0; p < memory.x.size(); ++p) {
      EXPECT_EQ(differing(file.contents(p), memory.contents(p)), "") << text_of(types);
      EXPECT_EQ(file.optimizer.effective_lr(file.ids[p]), memory.optimizer.effective_lr(memory.ids[p]));
    }
  }
}

// Gradients that are zero, missing or none

void expect_finite(const TypedBench& bench, const std::string& where) {
  const auto finite = [](const std::vector<double>& numbers) {
    return std::all_of(numbers.begin(), numbers.end(), [](double x) { return std::isfinite(x); });
  };
  EXPECT_TRUE(finite(decoded<double>(bench.x[0], Isa::baseline))) << where;
  for (const std::string& slot : bench.optimizer.slots(bench.ids[0]))
    EXPECT_TRUE(finite(bench.optimizer.state(bench.ids[0], slot).decode())) << slot << ", " << where;
}

TEST_P(EveryType, stays_finite_for_zero_gradients) {
  for_all_types([&](const Types& types) {
    TypedBench bench(GetParam().rule, types, {{21, 41}});
    for (int i = 0; i < 3; ++i) EXPECT_EQ(bench.optimizer.step().status, Status::applied);
    expect_finite(bench, text_of(types));
  });
}

TEST_P(EveryType, keeps_every_byte_of_a_parameter_without_gradient) {
  for_all_types([&](const Types& types) {
    TypedBench bench(GetParam().rule, types, {{21, 41}, {19, 14}});
    bench.step(0);
    const Contents before = bench.contents(1);
    const Contents moving = bench.contents(0);
    bench.draw(1);
    bench.optimizer.clear_gradient(bench.ids[1]);
    EXPECT_EQ(bench.optimizer.step().status, Status::applied);
    EXPECT_EQ(differing(bench.contents(1), before), "") << text_of(types);
    EXPECT_NE(differing(bench.contents(0), moving), "") << text_of(types);
  });
}

TEST_P(EveryType, keeps_every_byte_when_a_gradient_is_not_finite) {
  for_all_types([&](const Types& types) {
    TypedBench bench(GetParam().rule, types, {{21, 41}, {19, 14}});
    bench.step(0);
    const std::vector<Contents> before = bench.contents();
    for (const double bad : {std::nan(""), -kInfinity}) {
      std::vector<double> g = noise_array<double>(3, 19 * 14);
      g.back() = bad;
      bench.draw(1);
      bench.set_gradient(1, encoded<double>(types.g, g, nullptr, Isa::baseline));
      const StepReport report = bench.optimizer.step();
      EXPECT_EQ(report.status, Status::skipped) << text_of(types);
      EXPECT_EQ(report.non_finite, std::vector<std::string>{"p1"});
      EXPECT_EQ(bench.contents(), before) << text_of(types);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(rule, EveryType, testing::ValuesIn(rules()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace gradus::test
