// Gradients of rows: a step moves these rows as the plain reference would, to the last bit, and leaves the
// others as they are. Every rule that can, with every type of parameter, gradient and state.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "gradus/core/error.hpp"
#include "rules/all_types.hpp"
#include "rules/kept_plain.hpp"
#include "rules/table.hpp"
#include "support/counting_pool.hpp"

namespace gradus::test {
namespace {

using RowNumbers = std::vector<std::int64_t>;

/// Some of them, which ones depends on the seed.
RowNumbers some_rows(std::uint64_t seed, std::int64_t count) {
  RowNumbers rows;
  for (std::int64_t row = 0; row < count; ++row)
    if (noise(seed, static_cast<std::uint64_t>(row)) > 0) rows.push_back(row);
  return rows;
}

/// The rows of a dense array, in that order.
Kept rows_of(const Kept& dense, const RowNumbers& rows, std::size_t columns) {
  const std::size_t bytes = columns * bytes_of(dense.dtype);
  Kept values(dense.dtype, rows.size() * columns);
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::copy_n(dense.elements.data() + static_cast<std::size_t>(rows[i]) * bytes, bytes,
                values.elements.data() + i * bytes);
  return values;
}

/// One parameter of this shape, and steps of its rows.
struct RowBench : TypedBench {
  std::size_t columns;
  RowNumbers rows;
  Kept values{Dtype::f32, 0};

  RowBench(const AnyRule& rule, const Types& types, const Shape& shape, OptimizerOptions options = {})
      : TypedBench(rule, types, {shape}, std::move(options)),
        columns(elements_of(shape) / static_cast<std::size_t>(shape[0])) {}

  StepReport step_rows(RowNumbers numbers, Kept of_them) {
    rows = std::move(numbers);
    values = std::move(of_them);
    optimizer.set_gradient(ids[0], {rows, ConstElements(values.dtype, values.elements.data(), values.n)});
    return optimizer.step();
  }
};

bool takes_rows(const AnyRule& rule) {
  std::vector<float> x(6);
  Optimizer optimizer(rule);
  const ParameterId id = optimizer.add("x", {2, 3}, x, {});
  try {
    optimizer.set_gradient(id, {});
  } catch (const Error&) {
    return false;
  }
  return true;
}

class EveryRowRule : public testing::TestWithParam<RuleRow> {
 protected:
  void SetUp() override {
    if (!takes_rows(GetParam().rule)) GTEST_SKIP() << "looks at more than elements and rows";
  }
};

/// Rows within a block, rows of several blocks or tiles, and a vector.
const Shape kShapes[] = {{41, 29}, {9, 700}, {1300}, {5, 256}};

template <class T>
void expect_plain_rows(const RuleRow& row, const Types& types, const Shape& shape, const std::string& where) {
  std::deque<RowBench> benches;
  for (const Isa isa : available_isas())
    benches.emplace_back(row.rule, types, shape,
                         OptimizerOptions{.maximize = true, .isa = isa, .seed = kSeed});
  KeptPlain<T> plain(row, types, benches[0].x[0], "p0", shape[0]);
  for (int i = 0; i < 9; ++i) {  // the denormals of the eighth are flushed
    const RowNumbers rows = some_rows(i, shape[0]);
    std::vector<bool> moved(static_cast<std::size_t>(shape[0]));
    Kept dense = kept_noise(types.g, 77 + i, benches[0].x[0].n);
    const Kept values = rows_of(dense, rows, benches[0].columns);
    for (const std::int64_t r : rows) moved[static_cast<std::size_t>(r)] = true;
    StepReport report;
    for (RowBench& bench : benches) report = bench.step_rows(rows, values);
    ASSERT_EQ(report.status, Status::applied) << report.message;
    plain.step(dense, i, report.gradient_norm, -1, moved);
  }
  const Contents expected = plain.contents();
  for (std::size_t b = 0; b < benches.size(); ++b)
    EXPECT_EQ(differing(only(expected, benches[b].contents(0)), expected), "")
        << where << ", " << name_of(available_isas()[b]);
}

TEST_P(EveryRowRule, moves_them_as_the_plain_reference_and_no_others) {
  for_all_types([&](const Types& types) {
    for (const Shape& shape : kShapes)
      with_type(arithmetic_of(types), [&]<class T>(T) {
        expect_plain_rows<T>(GetParam(), types, shape,
                             text_of(types) + ", " + std::to_string(shape[0]) + " rows");
      });
  });
}

TEST_P(EveryRowRule, with_all_rows_is_a_dense_step) {
  for_all_types([&](const Types& types) {
    for (const Shape& shape : {Shape{41, 29}, Shape{9, 700}}) {
      TypedBench dense(GetParam().rule, types, {shape});
      RowBench sparse(GetParam().rule, types, shape);
      RowNumbers all(static_cast<std::size_t>(shape[0]));
      std::iota(all.begin(), all.end(), 0);
      for (std::uint64_t i = 0; i < 3; ++i) {
        dense.step(i);
        sparse.step_rows(all, dense.g[0]);
      }
      EXPECT_EQ(differing(sparse.contents(0), dense.contents(0)), "") << text_of(types);
    }
  });
}

/// In their order: what is added up by hand is a step of distinct rows.
TEST_P(EveryRowRule, adds_up_equal_rows_in_their_order) {
  for (const Dtype dtype : kTypes) {
    const Types types = types_of(dtype, Dtype::f32, State::plain);
    RowBench given(GetParam().rule, types, {7, 5}), distinct(GetParam().rule, types, {7, 5});
    const RowNumbers rows{6, 2, 6, 0, 2, 6};
    const std::vector<float> v = noise_array<float>(1, rows.size() * 5);
    std::vector<double> sums(15);
    for (std::size_t j = 0; j < 5; ++j) {
      const auto at = [&](std::size_t i) { return v[i * 5 + j]; };
      const bool wide = dtype == Dtype::f64;
      sums[j] = at(3);
      sums[5 + j] = wide ? double{at(1)} + at(4) : double{at(1) + at(4)};
      sums[10 + j] = wide ? double{at(0)} + at(2) + at(5) : double{at(0) + at(2) + at(5)};
    }
    for (int i = 0; i < 2; ++i) {
      given.step_rows(rows, encoded(Dtype::f32, v));
      distinct.step_rows({0, 2, 6}, encoded<double>(arithmetic_of(types), sums, nullptr, Isa::baseline));
    }
    EXPECT_EQ(differing(given.contents(0), distinct.contents(0)), "") << name_of(dtype);
  }
}

TEST_P(EveryRowRule, has_the_same_bits_for_any_number_of_threads) {
  for (const Types& types : some_types()) {
    Contents alone;
    for (const std::size_t threads : {1, 2, 3, 8}) {
      const auto pool = std::make_shared<CountingPool>(threads);
      RowBench bench(GetParam().rule, types, {3001, 37}, {.executor = pool});
      RowNumbers rows = some_rows(5, 3001);
      const std::size_t distinct = rows.size();
      for (std::size_t i = 0; i < distinct; i += 3) rows.push_back(rows[i]);
      for (std::uint64_t i = 0; i < 2; ++i)
        EXPECT_EQ(bench.step_rows(rows, kept_noise(types.g, i, rows.size() * 37)).status, Status::applied);
      EXPECT_GT(pool->runs(), 0) << "there was nothing for a second thread";
      if (threads == 1) alone = bench.contents(0);
      EXPECT_EQ(differing(bench.contents(0), alone), "") << text_of(types) << ", " << threads;
    }
  }
}

TEST_P(EveryRowRule, keeps_every_byte_when_a_row_is_not_finite) {
  for_all_types([&](const Types& types) {
    RowBench bench(GetParam().rule, types, {41, 29});
    bench.step_rows({3, 40, 7}, kept_noise(types.g, 1, 3 * 29));
    const Contents before = bench.contents(0);
    std::vector<double> bad = noise_array<double>(3, 2 * 29);
    bad.back() = std::nan("");
    const StepReport report = bench.step_rows({5, 5}, encoded<double>(types.g, bad, nullptr, Isa::baseline));
    EXPECT_EQ(report.status, Status::skipped);
    EXPECT_EQ(report.non_finite, std::vector<std::string>{"p0"});
    EXPECT_EQ(bench.contents(0), before) << text_of(types);
  });
}

INSTANTIATE_TEST_SUITE_P(rule, EveryRowRule, testing::ValuesIn(rules()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace gradus::test
