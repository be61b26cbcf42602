// The sums that measured rules look at, on shapes that cross every boundary of their making.

#include <gtest/gtest.h>

#include <set>

#include "gradus/engine/tree_sum.hpp"
#include "rules/kept_plain.hpp"
#include "rules/lines.hpp"
#include "rules/table.hpp"
#include "support/thoroughness.hpp"
#include "support/typed_bench.hpp"

namespace gradus::test {
namespace {

/// Blocks are of 64 rows, pieces of a row of 8192 columns, leaves and tiles of 512.
const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all{{1},        {1, 700},   {700},      {64, 3},    {65, 3},     {4200, 2},
                                      {5, 511},   {5, 512},   {130, 513}, {2, 8191},  {2, 8192},   {3, 8193},
                                      {3, 17000}, {33, 7, 9}, {40001},    {1, 40001}, {2, 257, 33}};
  return all;
}

std::string text_of(const Shape& shape) {
  std::string text;
  for (const std::int64_t n : shape) text += std::to_string(n) + ' ';
  return text;
}

/// Of 8 bits: rows begin within blocks that share a scale.
std::vector<Types> some_types() {
  Types small{Dtype::bf16, Dtype::f16}, wide{Dtype::f64, Dtype::bf16};
  small.state.dtype = State::block8;
  wide.state.dtype = State::dynamic8;
  return {Types{}, small, Types{Dtype::f64, Dtype::f64}, wide};
}

std::vector<RuleRow> measured_rules() {
  std::vector<RuleRow> measured;
  for (const RuleRow& row : rules())
    if (!row.rule.program().looks().empty()) measured.push_back(row);
  return measured;
}

class Looks : public testing::TestWithParam<RuleRow> {};

TEST_P(Looks, at_any_shape_have_the_sums_of_the_plain_reference) {
  std::size_t number = 0;
  for (const Types& types : some_types())
    for (const Shape& shape : shapes()) {
      const std::size_t threads = number++ % 8 + 1;
      if (!thorough() && number % 4 != 0) continue;
      with_type(arithmetic_of(types), [&]<class T>(T) {
        expect_reference<T>(GetParam(), types, shape, text_of(shape) + name_of(types.x),
                            {.executor = std::make_shared<ThreadPool>(threads)});
      });
    }
}

TEST_P(Looks, have_the_same_bits_for_any_number_of_threads) {
  std::vector<std::vector<Contents>> contents;
  for (std::size_t threads = 1; threads <= 8; ++threads) {
    TypedBench bench(GetParam().rule, some_types()[1], {{130, 513}, {40001}, {3, 17000}, {1, 40001}, {7, 9}},
                     {.executor = std::make_shared<ThreadPool>(threads)});
    for (std::uint64_t i = 0; i < 2; ++i) EXPECT_EQ(bench.step(i).status, Status::applied);
    contents.push_back(bench.contents());
    EXPECT_EQ(contents.back(), contents.front()) << threads << " threads";
  }
}

TEST_P(Looks, pass_by_tensors_without_elements) {
  Bench<float> alone(GetParam().rule, {{9, 14}}), beside(GetParam().rule, {{9, 14}, {0, 3}, {3, 0}, {0}});
  for (std::uint64_t i = 0; i < 3; ++i) {
    alone.step(i);
    EXPECT_EQ(beside.step(i).status, Status::applied);
  }
  EXPECT_EQ(beside.x[0], alone.x[0]);
}

INSTANTIATE_TEST_SUITE_P(rule, Looks, testing::ValuesIn(measured_rules()),
                         [](const auto& row) { return row.param.name; });

// Sums over all, and numbers that are shared

double number(const Optimizer& optimizer, ParameterId id, const char* name) {
  return optimizer.state(id, name).decode()[0];
}

// One without a gradient counts as 0, in its place; so the shape of the sum stays.
TEST(SumOverAll, is_the_tree_of_the_tensors_by_number) {
  const std::vector<Shape> shapes{{3, 50}, {7}, {40, 40}, {0, 2}, {1}, {9, 9}, {600, 2}, {5}};
  Bench<double> bench(Lines{}, shapes);
  for (std::size_t i = 0; i < 3 * shapes.size(); ++i) {
    const std::set<std::size_t> missing{i % shapes.size(), (i + i / shapes.size()) % shapes.size()};
    for (std::size_t p = 0; p < shapes.size(); ++p)
      bench.optimizer.rebind(bench.ids[p], bench.x[p], bench.g[p]);
    for (const std::size_t p : missing) bench.optimizer.clear_gradient(bench.ids[p]);
    bench.step(i);
    engine::TreeSum all;
    for (std::size_t p = 0; p < shapes.size(); ++p)
      all.add(missing.contains(p) ? 0 : number(bench.optimizer, bench.ids[p], "of_tensor"));
    EXPECT_EQ(number(bench.optimizer, bench.ids[0], "of_all"), all.total()) << i;
  }
}

/// Two parameters, in two groups of the same rule or in one.
struct Pair {
  std::vector<std::vector<float>> x{noise_array<float>(1, 300), noise_array<float>(2, 77)};
  std::vector<std::vector<float>> g{std::vector<float>(300), std::vector<float>(77)};
  Optimizer optimizer;

  Pair(const AnyRule& rule, bool two_groups) : optimizer(rule) {
    const GroupId second = two_groups ? optimizer.add_group(rule) : GroupId{0};
    optimizer.add("a", {30, 10}, x[0], g[0]);
    optimizer.add("b", {77}, x[1], g[1], second);
  }
  void step(std::uint64_t i) {
    for (std::size_t p = 0; p < 2; ++p) {
      const auto fresh = noise_array<float>(100 * i + p, g[p].size());
      std::copy(fresh.begin(), fresh.end(), g[p].begin());
    }
    EXPECT_EQ(optimizer.step().status, Status::applied);
  }
};

TEST(SharedNumbers, of_the_optimizer_are_one_for_all_groups_of_the_rule) {
  Pair one(Prodigy{}, false), two(Prodigy{}, true);
  for (std::uint64_t i = 0; i < 5; ++i) {
    one.step(i);
    two.step(i);
    EXPECT_GT(number(two.optimizer, ParameterId{0}, "d"), 0);
    EXPECT_EQ(two.optimizer.state(ParameterId{0}, "d").data, two.optimizer.state(ParameterId{1}, "d").data);
  }
  EXPECT_EQ(two.x, one.x);
}

TEST(SharedNumbers, of_the_optimizer_are_not_those_of_another_rule) {
  std::vector<float> x(3), y(3), g{1, 2, 3};
  Optimizer optimizer(Prodigy{});
  optimizer.add("a", {3}, x, g);
  optimizer.add("b", {3}, y, g, optimizer.add_group(ClipValue{10.0} >> Prodigy{}));
  EXPECT_NE(optimizer.state(ParameterId{0}, "d").data, optimizer.state(ParameterId{1}, "d").data);
}

TEST(SharedNumbers, of_a_group_are_its_own) {
  Pair both(Lines{}, true), one(Lines{}, false);
  Bench<float> alone(Lines{}, {{30, 10}});
  alone.x[0].assign(both.x[0].begin(), both.x[0].end());
  alone.optimizer.rebind(alone.ids[0], alone.x[0], alone.g[0]);
  for (std::uint64_t i = 0; i < 3; ++i) {
    both.step(i);
    one.step(i);
    std::copy(both.g[0].begin(), both.g[0].end(), alone.g[0].begin());
    alone.optimizer.step();
  }
  EXPECT_EQ(both.x[0], alone.x[0]);
  EXPECT_NE(both.x[0], one.x[0]);
  EXPECT_NE(number(both.optimizer, ParameterId{0}, "of_all"),
            number(both.optimizer, ParameterId{1}, "of_all"));
}

}  // namespace
}  // namespace gradus::test
