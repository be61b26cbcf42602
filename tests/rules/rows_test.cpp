// Gradients of rows: a step moves these rows as the plain reference would, to the last bit, and leaves the
// others as they are. Caught up, they are where dense steps would have led; with steps of its own, a row is
// as a parameter of one row. Every rule that can, with every type of parameter, gradient and state.

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

/// The same, kept as numbers of rows say.
Types with_steps(Types types, RowSteps row_steps) {
  types.state.row_steps = row_steps;
  return types;
}

/// Has a block elements of two rows? (They are not caught up then.)
bool share_blocks(const Types& types, const Shape& shape) {
  const State state = types.state.dtype;
  return (state == State::block8 || state == State::dynamic8) && elements_of(shape) / shape[0] % 256 != 0;
}

bool takes_rows(const AnyRule& rule, RowSteps steps) {
  std::vector<float> x(6);
  Optimizer optimizer(rule, {.state = {.row_steps = steps}});
  try {
    optimizer.set_gradient(optimizer.add("x", {2, 3}, x, {}), {});
  } catch (const Error&) {
    return false;
  }
  return true;
}

class EveryRowRule : public testing::TestWithParam<RuleRow> {
 protected:
  void SetUp() override {
    if (!takes_rows(GetParam().rule, RowSteps::own)) GTEST_SKIP() << "looks at more than elements and rows";
  }
};
/// Of rows that share the parameter's steps.
class EveryLazyRule : public testing::TestWithParam<RuleRow> {
 protected:
  void SetUp() override {
    if (!takes_rows(GetParam().rule, RowSteps::shared))
      GTEST_SKIP() << "looks at more, or begins at a first step";
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

TEST_P(EveryLazyRule, moves_them_as_the_plain_reference_and_no_others) {
  for_all_types([&](const Types& types) {
    for (const Shape& shape : kShapes)
      with_type(arithmetic_of(types), [&]<class T>(T) {
        expect_plain_rows<T>(GetParam(), types, shape,
                             text_of(types) + ", " + std::to_string(shape[0]) + " rows");
      });
  });
}

TEST_P(EveryLazyRule, with_all_rows_is_a_dense_step) {
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
TEST_P(EveryLazyRule, adds_up_equal_rows_in_their_order) {
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

TEST_P(EveryLazyRule, has_the_same_bits_for_any_number_of_threads) {
  for (const Types& types : some_types()) {
    Contents alone;
    for (const std::size_t threads : several_threads()) {
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

TEST_P(EveryLazyRule, keeps_every_byte_when_a_row_is_not_finite) {
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

// Rows that are caught up

/// Two optimizers with the same gradients: of rows that are caught up, and dense with zeros elsewhere.
struct CaughtUpAndDense {
  RowBench caught_up;
  TypedBench dense;

  CaughtUpAndDense(const AnyRule& rule, const Types& types, const Shape& shape)
      : caught_up(rule, with_steps(types, RowSteps::caught_up), shape, {.maximize = true, .seed = kSeed}),
        dense(rule, types, {shape}, {.maximize = true, .seed = kSeed}) {}

  void step(std::uint64_t number, const RowNumbers& rows) {
    const Kept all = kept_noise(dense.g[0].dtype, number, dense.g[0].n);
    Kept zeros(all.dtype, all.n);
    const std::size_t a_row = caught_up.columns * bytes_of(all.dtype);
    for (const std::int64_t row : rows)
      std::copy_n(all.elements.data() + static_cast<std::size_t>(row) * a_row, a_row,
                  zeros.elements.data() + static_cast<std::size_t>(row) * a_row);
    dense.set_gradient(0, zeros);
    ASSERT_EQ(dense.optimizer.step().status, Status::applied);
    ASSERT_EQ(caught_up.step_rows(rows, rows_of(all, rows, caught_up.columns)).status, Status::applied);
  }

  /// When they have been caught up: they alone are.
  void expect_equal_rows(const RowNumbers& rows) {
    caught_up.optimizer.catch_up(caught_up.ids[0], rows);
    EXPECT_EQ(rows_of(caught_up.x[0], rows, caught_up.columns), rows_of(dense.x[0], rows, caught_up.columns));
    const std::vector<double> at = caught_up.optimizer.state(caught_up.ids[0], "row_steps").decode();
    for (const std::int64_t row : rows)
      EXPECT_EQ(at[static_cast<std::size_t>(row)], static_cast<double>(dense.optimizer.steps()));
  }

  [[nodiscard]] std::string differing_names() const {
    const Contents expected = dense.contents(0);
    return differing(only(expected, caught_up.contents(0)), expected);
  }
};

/// A fourth of them, and none of the last ones.
RowNumbers few_rows(std::uint64_t step, std::int64_t count) {
  RowNumbers rows;
  for (const std::int64_t row : some_rows(2 * step, count - 1))
    if (noise(2 * step + 1, static_cast<std::uint64_t>(row)) > 0) rows.push_back(row);
  return rows;
}

TEST_P(EveryRowRule, caught_up_has_the_bits_of_dense_steps) {
  for_all_types([&](const Types& types) {
    for (const Shape& shape : {Shape{21, 29}, Shape{3, 700}, Shape{5, 256}, Shape{70, 1}}) {
      if (share_blocks(types, shape)) continue;
      CaughtUpAndDense both(GetParam().rule, types, shape);
      for (std::uint64_t i = 0; i < 18; ++i) both.step(i, few_rows(i, shape[0]));
      both.caught_up.optimizer.catch_up();
      EXPECT_EQ(both.differing_names(), "") << text_of(types) << ", " << shape[0] << " rows";
    }
  });
}

TEST_P(EveryRowRule, caught_up_goes_on_after_that_and_after_a_dense_step) {
  for (const Types& types : some_types()) {
    CaughtUpAndDense both(GetParam().rule, types, {6, 512});
    for (std::uint64_t i = 0; i < 30; ++i) {
      both.step(i, few_rows(i, 6));
      if (i % 7 == 1) both.expect_equal_rows({5, 0, 5, 3});
      if (i % 7 == 3) both.caught_up.optimizer.catch_up();
      if (i % 7 != 5) continue;
      both.dense.draw(i);
      both.caught_up.draw(i);
      both.caught_up.optimizer.rebind(both.caught_up.ids[0], both.caught_up.elements(0),
                                      both.caught_up.gradient(0));
      both.dense.optimizer.step();
      both.caught_up.optimizer.step();
      EXPECT_EQ(both.differing_names(), "") << text_of(types) << ", step " << i;
    }
    both.caught_up.optimizer.evaluate();
    both.dense.optimizer.evaluate();
    EXPECT_EQ(both.differing_names(), "") << text_of(types) << ", where they are evaluated";
  }
}

/// Most rows rest for a long time: their moments become denormal, and then zero. One is tiny from the first.
TEST_P(EveryRowRule, is_caught_up_before_it_lags_behind_too_far) {
  for (const Dtype x : {Dtype::f32, Dtype::bf16}) {
    CaughtUpAndDense both(GetParam().rule, types_of(x, Dtype::f32, State::plain), {4, 3});
    const std::vector<double> tiny{1e-37, -3e-37, 2e-38};
    const Kept row = encoded<double>(x, tiny, nullptr, Isa::baseline);
    for (Kept* one : {&both.caught_up.x[0], &both.dense.x[0]})
      std::copy(row.elements.begin(), row.elements.end(), one->elements.end() - row.elements.size());
    Optimizer& optimizer = both.caught_up.optimizer;
    const auto last_row_is_at = [&] {
      return optimizer.state(both.caught_up.ids[0], "row_steps").decode().back();
    };
    for (std::uint64_t i = 0; i < 2060; ++i) {
      both.step(i, i % 500 < 2 ? few_rows(i, 4) : RowNumbers{0});
      ASSERT_EQ(last_row_is_at(), static_cast<double>((i + 1) / 1024 * 1024));
      if ((i + 1) % 1024 == 0) both.expect_equal_rows({3});
    }
    optimizer.catch_up();
    EXPECT_EQ(last_row_is_at(), 2060);
    EXPECT_EQ(both.differing_names(), "") << name_of(x);
  }
}

/// Steps of two rows, of which the first is moved later on too: caught up as dense. `later` is its gradient
/// then, `first` that of both.
void expect_equal_after_rest(const AnyRule& rule, float x, int firsts, float first, int laters, float later) {
  std::vector<float> caught_up(16, x), dense(16, x), g(16, first);
  Optimizer sparse(rule, {.state = {.row_steps = RowSteps::caught_up}}), whole(rule);
  const ParameterId id = sparse.add("x", {2, 8}, caught_up, {});
  whole.add("x", {2, 8}, dense, g);
  RowNumbers rows{0, 1};
  for (int i = 0; i < firsts + laters; ++i) {
    if (i == firsts) {
      std::fill_n(g.begin(), 8, later);
      std::fill_n(g.begin() + 8, 8, 0.0F);
      rows = {0};
    }
    sparse.set_gradient(id, {rows, std::span(g).first(8 * rows.size())});
    sparse.step();
    whole.step();
  }
  sparse.catch_up();
  EXPECT_EQ(caught_up, dense);
  for (const engine::SlotInfo& slot : whole.rule().program().slots())
    EXPECT_EQ(sparse.state(id, slot.name).decode(), whole.state(id, slot.name).decode());
}

TEST(CaughtUpRow, that_rests_with_some_coefficients_wakes_up_with_others) {
  const Schedule late = [](std::int64_t step) { return step < 40 ? 0.0 : 0.5; };
  expect_equal_after_rest(AdamW{.lr = late, .weight_decay = 0.5}, 1.0F, 0, 0.0F, 50, 1.0F);
}

/// Its buffer is zero after denormals have been flushed, and in no other step.
TEST(CaughtUpRow, that_is_put_to_rest_by_flushing_alone_does_not_rest) {
  constexpr float kNormal = std::numeric_limits<float>::min();
  expect_equal_after_rest(WeightDecay{0.5} >> Momentum{.lr = 1e-9}, kNormal, 7, -kNormal / 2, 7, 0.0F);
}

// Rows with steps of their own

RowNumbers few_rows_or_one(std::uint64_t step, std::int64_t count) {
  const RowNumbers rows = few_rows(step, count);
  return rows.empty() ? RowNumbers{0} : rows;
}

/// One parameter whose rows count their steps, and a parameter for each of its rows.
struct OwnAndApart {
  RowBench own;
  TypedBench apart;

  OwnAndApart(const AnyRule& rule, const Types& types, const Shape& shape)
      : own(rule, with_steps(types, RowSteps::own), shape),
        apart(rule, types, std::vector<Shape>(static_cast<std::size_t>(shape[0]), Shape{1, shape[1]})) {
    for (std::size_t row = 0; row < apart.x.size(); ++row) {
      const std::vector<std::byte> bytes = bytes_of_row(row);
      std::copy(bytes.begin(), bytes.end(), apart.x[row].elements.begin());
    }
  }

  [[nodiscard]] std::vector<std::byte> bytes_of_row(std::size_t row) const {
    const std::size_t a_row = own.columns * bytes_of(own.x[0].dtype);
    return bytes_at(own.x[0].elements.data() + row * a_row, a_row);
  }

  void step(std::uint64_t number, const RowNumbers& rows) {
    const Kept values = kept_noise(own.g[0].dtype, number, rows.size() * own.columns);
    for (std::size_t p = 0; p < apart.x.size(); ++p) apart.optimizer.clear_gradient(apart.ids[p]);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto p = static_cast<std::size_t>(rows[i]);
      const std::size_t bytes = apart.g[p].elements.size();
      std::copy_n(values.elements.data() + i * bytes, bytes, apart.g[p].elements.data());
      apart.optimizer.rebind(apart.ids[p], apart.elements(p), apart.gradient(p));
    }
    ASSERT_EQ(apart.optimizer.step().status, Status::applied);
    ASSERT_EQ(own.step_rows(rows, values).status, Status::applied);
  }

  void expect_equal(const std::string& where) {
    const std::vector<double> steps = own.optimizer.state(own.ids[0], "row_steps").decode();
    for (std::size_t row = 0; row < apart.x.size(); ++row) {
      EXPECT_EQ(apart.x[row].elements, bytes_of_row(row)) << where << ", row " << row;
      EXPECT_EQ(steps[row], static_cast<double>(apart.optimizer.steps(apart.ids[row])));
      for (const std::string& name : apart.optimizer.slots(apart.ids[row])) {
        const std::vector<double> one = apart.optimizer.state(apart.ids[row], name).decode();
        const std::vector<double> all = own.optimizer.state(own.ids[0], name).decode();
        for (std::size_t i = 0; i < one.size(); ++i)
          EXPECT_EQ(all[row * one.size() + i], one[i]) << where << ", row " << row << ", " << name;
      }
    }
  }
};

TEST_P(EveryRowRule, with_steps_of_its_own_is_a_parameter_of_its_own) {
  for_all_types([&](const Types& types) {
    if (types.state.rounding == Rounding::stochastic) return;  // draws know rows by their place
    for (const Shape& shape : {Shape{7, 29}, Shape{5, 512}}) {
      const bool norm_rounds_otherwise = GetParam().rule.program().needs_gradient_norm() && shape[1] < 512;
      if (share_blocks(types, shape) || norm_rounds_otherwise) continue;
      OwnAndApart both(GetParam().rule, types, shape);
      for (std::uint64_t i = 0; i < 18; ++i) both.step(i, few_rows_or_one(i, shape[0]));
      both.expect_equal(text_of(types));
      both.own.optimizer.evaluate();
      both.apart.optimizer.evaluate();
      for (std::size_t row = 0; row < both.apart.x.size(); ++row)
        EXPECT_EQ(both.apart.x[row].elements, both.bytes_of_row(row)) << text_of(types) << ", evaluated";
    }
  });
}

TEST_P(EveryRowRule, with_steps_of_its_own_has_one_in_each_dense_step) {
  for (const Types& types : some_types()) {
    RowBench sparse(GetParam().rule, with_steps(types, RowSteps::own), {41, 29});
    TypedBench dense(GetParam().rule, with_steps(types, RowSteps::own), {{41, 29}});
    RowNumbers all(41);
    std::iota(all.begin(), all.end(), 0);
    for (std::uint64_t i = 0; i < 3; ++i) {
      dense.step(i);
      sparse.step_rows(all, dense.g[0]);
    }
    EXPECT_EQ(differing(sparse.contents(0), dense.contents(0)), "") << text_of(types);
    EXPECT_EQ(dense.optimizer.state(dense.ids[0], "row_steps").decode(), std::vector<double>(41, 3));
  }
}

// Both

TEST_P(EveryRowRule, with_any_steps_has_the_same_bits_for_any_number_of_threads) {
  for (const RowSteps row_steps : {RowSteps::own, RowSteps::caught_up})
    for (const Types& types : some_types()) {
      Contents alone;
      for (const std::size_t threads : several_threads()) {
        const auto pool = std::make_shared<CountingPool>(threads);
        RowBench bench(GetParam().rule, with_steps(types, row_steps), {701, 256}, {.executor = pool});
        for (std::uint64_t i = 0; i < 3; ++i) {
          const RowNumbers rows = some_rows(i, 701);
          const Kept values = kept_noise(types.g, i, rows.size() * 256);
          EXPECT_EQ(bench.step_rows(rows, values).status, Status::applied);
        }
        const int runs = pool->runs();
        EXPECT_GT(runs, 0) << "there was nothing for a second thread";
        bench.optimizer.catch_up();
        EXPECT_EQ(pool->runs() > runs, row_steps == RowSteps::caught_up);
        if (threads == 1) alone = bench.contents(0);
        EXPECT_EQ(differing(bench.contents(0), alone), "") << text_of(types) << ", " << threads;
      }
    }
}

TEST_P(EveryRowRule, with_any_steps_knows_nothing_of_steps_that_were_skipped) {
  for (const RowSteps row_steps : {RowSteps::own, RowSteps::caught_up})
    for (const Types& types : some_types()) {
      RowBench bench(GetParam().rule, with_steps(types, row_steps), {5, 256}),
          undisturbed(GetParam().rule, with_steps(types, row_steps), {5, 256});
      Kept bad(types.g, 256);
      std::fill(bad.elements.begin(), bad.elements.end(), std::byte{0xff});  // NaN in every type
      for (std::uint64_t i = 0; i < 10; ++i) {
        const Contents before = bench.contents(0);
        EXPECT_EQ(bench.step_rows({static_cast<std::int64_t>(i) % 5}, bad).status, Status::skipped);
        EXPECT_EQ(bench.contents(0), before) << text_of(types);
        const RowNumbers rows = few_rows(i, 5);
        const Kept values = kept_noise(types.g, i, rows.size() * 256);
        for (RowBench* one : {&bench, &undisturbed}) one->step_rows(rows, values);
      }
      for (RowBench* one : {&bench, &undisturbed}) one->optimizer.catch_up();
      EXPECT_EQ(differing(bench.contents(0), undisturbed.contents(0)), "") << text_of(types);
    }
}

INSTANTIATE_TEST_SUITE_P(rule, EveryLazyRule, testing::ValuesIn(rules()),
                         [](const auto& row) { return row.param.name; });
INSTANTIATE_TEST_SUITE_P(rule, EveryRowRule, testing::ValuesIn(rules()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace gradus::test
