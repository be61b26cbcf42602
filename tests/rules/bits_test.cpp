// The promise about bits: whatever runs a rule, the results are the same to the last bit.

#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "rules/table.hpp"
#include "support/counting_pool.hpp"
#include "support/gradients.hpp"
#include "support/hash.hpp"
#include "support/thoroughness.hpp"

namespace gradus::test {
namespace {

constexpr int kSteps = 12;

/// Odd sizes, so that loops have ends; several chunks in one.
std::vector<Shape> shapes_for(const RuleRow& row) {
  if (row.matrices_only) return {{7, 5}, {5, 19}, {3, 2, 4}, {150, 70}};
  return {{7}, {129, 3}, {1}, {20011}, {33, 41}};
}

/// Enough elements for several tasks, which are what threads share.
std::vector<Shape> large_shapes_for(const RuleRow& row) {
  if (row.matrices_only) return {{7, 5}, {150, 70}, {3, 2, 4}, {60, 400}};
  return {{7}, {129, 3}, {1}, {40011}, {33, 41}};
}

template <class T>
std::uint64_t hash_after_steps(const RuleRow& row, const std::vector<Shape>& shapes, OptimizerOptions options,
                               int steps = kSteps) {
  Bench<T> bench(row.rule, shapes, std::move(options));
  for (int i = 0; i < steps; ++i) EXPECT_EQ(bench.step(i).status, Status::applied);
  return hash_of(bench);
}

class Bits : public testing::TestWithParam<RuleRow> {};

TEST_P(Bits, are_equal_on_every_instruction_set) {
  const auto hashes = [&](Isa isa) {
    return std::pair(hash_after_steps<float>(GetParam(), shapes_for(GetParam()), {.isa = isa}),
                     hash_after_steps<double>(GetParam(), shapes_for(GetParam()), {.isa = isa}));
  };
  const auto baseline = hashes(Isa::baseline);
  for (const Isa isa : available_isas()) EXPECT_EQ(hashes(isa), baseline) << name_of(isa);
}

TEST_P(Bits, are_equal_for_any_number_of_threads) {
  const auto hashes = [&](std::size_t threads) {
    const auto pool = std::make_shared<CountingPool>(threads);
    const std::vector<Shape> shapes = large_shapes_for(GetParam());
    const auto both = std::pair(hash_after_steps<float>(GetParam(), shapes, {.executor = pool}, 4),
                                hash_after_steps<double>(GetParam(), shapes, {.executor = pool}, 4));
    EXPECT_GT(pool->runs(), 0) << "there was nothing for a second thread";
    return both;
  };
  std::optional<decltype(hashes(1))> alone;
  for (const std::size_t threads : several_threads()) {
    const auto these = hashes(threads);
    if (!alone) alone = these;
    EXPECT_EQ(these, *alone) << threads << " threads";
  }
}

template <class T>
void expect_reference(const RuleRow& row, const std::vector<Shape>& shapes) {
  Bench<T> bench(row.rule, shapes, {.maximize = true});
  std::vector<std::unique_ptr<Plain<T>>> plain;
  for (std::size_t p = 0; p < shapes.size(); ++p)
    plain.push_back(row.plain<T>(bench.x[p], shapes[p].front()));

  for (int i = 0; i < kSteps; ++i) {
    const StepReport report = bench.step(i);
    for (std::size_t p = 0; p < plain.size(); ++p) plain[p]->step(bench.g[p], i, report.gradient_norm, -1);
  }
  for (std::size_t p = 0; p < plain.size(); ++p) {
    EXPECT_EQ(bench.x[p], plain[p]->x()) << "parameter " << p;
    const std::vector<std::string> slots = bench.optimizer.slots(bench.ids[p]);
    for (std::size_t s = 0; s < arrays_of(row.rule); ++s) {
      const std::span<const T> slot = bench.optimizer.state(bench.ids[p], slots[s]).template as<T>();
      EXPECT_EQ(std::vector<T>(slot.begin(), slot.end()), plain[p]->slot(s))
          << "parameter " << p << ", " << slots[s];
    }
  }
}

// Seen elsewhere: the vector path of Adam never stored AMSGrad's maximum.
TEST_P(Bits, are_those_of_the_plain_reference) {
  std::vector<std::vector<Shape>> together{shapes_for(GetParam())};
  if (shares(GetParam().rule)) {  // the reference has one parameter
    for (const Shape& shape : together[0]) together.push_back({shape});
    together.erase(together.begin());
  }
  for (const std::vector<Shape>& shapes : together) {
    expect_reference<float>(GetParam(), shapes);
    expect_reference<double>(GetParam(), shapes);
  }
}

/// x and g of one parameter per element: vectors have nothing to do.
TEST_P(Bits, of_an_elementwise_rule_do_not_depend_on_how_elements_are_grouped) {
  const RuleRow& row = GetParam();
  if (row.matrices_only || !row.rule.program().looks().empty())
    GTEST_SKIP() << "looks at a tensor as a whole";
  constexpr std::int64_t kElements = 67;
  Bench<float> together(row.rule, {{kElements}});
  Optimizer apart(row.rule);
  std::vector<float> x = together.x[0], g(kElements);
  for (std::size_t i = 0; i < kElements; ++i)
    apart.add(std::to_string(i), {}, std::span(x).subspan(i, 1), std::span(g).subspan(i, 1));
  for (int i = 0; i < kSteps; ++i) {
    together.step(i);
    std::copy(together.g[0].begin(), together.g[0].end(), g.begin());
    apart.step();
    // The norm is a sum, whose shape is another here: rounding may differ.
    if (row.rule.program().needs_gradient_norm())
      for (std::size_t k = 0; k < kElements; ++k)
        ASSERT_NEAR(x[k], together.x[0][k], 1e-5 * std::abs(x[k]) + 1e-7);
    else
      ASSERT_EQ(x, together.x[0]) << "step " << i;
  }
}

// A scaled loss gives the bits of an unscaled one, whether the caller or step() divides.
TEST_P(Bits, do_not_depend_on_a_loss_scale) {
  Bench<float> plain(GetParam().rule, shapes_for(GetParam())),
      scaled(GetParam().rule, shapes_for(GetParam()));
  for (int i = 0; i < kSteps; ++i) {
    plain.step(i);
    scaled.draw(i);
    for (auto& g : scaled.g)
      for (float& element : g) element *= 65536;
    scaled.optimizer.step({.loss_scale = 65536});
  }
  EXPECT_EQ(hash_of(scaled), hash_of(plain));
}

// Seen elsewhere: maximizing negated the gradient twice, and in the caller's buffer.
TEST_P(Bits, of_maximizing_are_those_of_minimizing_the_negative) {
  Bench<float> up(GetParam().rule, shapes_for(GetParam()), {.maximize = true});
  Bench<float> down(GetParam().rule, shapes_for(GetParam()));
  for (int i = 0; i < kSteps; ++i) {
    up.draw(i);
    for (auto& g : up.g)
      for (float& element : g) element = -element;
    const auto before = up.g;
    up.optimizer.step();
    EXPECT_EQ(up.g, before);
    down.step(i);
  }
  EXPECT_EQ(up.x, down.x);
}

// Two parameters in one optimizer are two optimizers with one each.
TEST_P(Bits, of_two_parameters_are_those_of_two_optimizers) {
  if (GetParam().rule.program().needs_gradient_norm()) GTEST_SKIP() << "sees the norm over both";
  if (shares(GetParam().rule)) GTEST_SKIP() << "shares numbers between both";
  const std::vector<Shape> shapes = shapes_for(GetParam());
  Bench<float> both(GetParam().rule, {shapes[0], shapes[1]}), first(GetParam().rule, {shapes[0]});
  Bench<float> second(GetParam().rule, {shapes[1]});
  second.x[0].assign(both.x[1].begin(), both.x[1].end());
  second.optimizer.rebind(second.ids[0], std::span<float>(second.x[0]), std::span<const float>(second.g[0]));
  for (int i = 0; i < kSteps; ++i) {
    both.step(i);
    first.step(i);
    std::copy(both.g[1].begin(), both.g[1].end(), second.g[0].begin());
    second.optimizer.step();
  }
  EXPECT_EQ(both.x[0], first.x[0]);
  EXPECT_EQ(both.x[1], second.x[0]);
}

INSTANTIATE_TEST_SUITE_P(rule, Bits, testing::ValuesIn(rules()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace gradus::test
