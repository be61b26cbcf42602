// Gradients of rows: what is refused, and what they share with other gradients.

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cmath>

#include "gradus/gradus.hpp"
#include "support/gradients.hpp"
#include "support/text.hpp"

namespace gradus::test {
namespace {

using RowNumbers = std::vector<std::int64_t>;

class OfRows : public testing::Test {
 protected:
  std::vector<float> x_ = {1, 2, 3, 4, 5, 6}, values_ = std::vector<float>(4, 1.0F);
  RowNumbers rows_ = {2, 0};

  static Optimizer optimizer(AnyRule rule = SGD{.lr = 1}) { return Optimizer(std::move(rule)); }
  std::string refusal(Optimizer& optimizer) {
    const ParameterId id = optimizer.add("table", {3, 2}, x_, {});
    return message_of([&] { optimizer.set_gradient(id, {rows_, values_}); });
  }
};

TEST_F(OfRows, moves_them) {
  Optimizer sgd = optimizer();
  EXPECT_EQ(refusal(sgd), "");
  EXPECT_EQ(sgd.step().status, Status::applied);
  EXPECT_EQ(x_, (std::vector<float>{0, 1, 3, 4, 4, 5}));
  EXPECT_EQ(sgd.steps(ParameterId{0}), 1);
}

/// Zeros, of which only those take memory that are written to.
class Sparse {
 public:
  explicit Sparse(std::size_t size)
      : bytes_(size * sizeof(float)),
        data_(::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                     0)) {}
  ~Sparse() { ::munmap(data_, bytes_); }
  Sparse(const Sparse&) = delete;
  Sparse& operator=(const Sparse&) = delete;

  [[nodiscard]] std::span<float> all() const { return {static_cast<float*>(data_), bytes_ / sizeof(float)}; }

 private:
  std::size_t bytes_;
  void* data_;
};

TEST(Rows, of_more_elements_than_32_bits_count_are_moved_as_those_of_a_small_table) {
  constexpr std::int64_t kRows = (std::int64_t{1} << 16) + 1, kColumns = std::int64_t{1} << 16;
  const Sparse table(kRows * kColumns);
  std::vector<float> small(2 * kColumns);
  const std::vector<float> values = noise_array<float>(1, 2 * kColumns);
  Optimizer large(ClipNorm{1.0} >> RowwiseAdaGrad{}), its_twin(ClipNorm{1.0} >> RowwiseAdaGrad{});
  const ParameterId id = large.add("table", {kRows, kColumns}, table.all(), {});
  const ParameterId small_id = its_twin.add("table", {2, kColumns}, small, {});
  const RowNumbers ends{kRows - 1, 0}, both{1, 0};
  for (int i = 0; i < 3; ++i) {
    large.set_gradient(id, {ends, values});
    its_twin.set_gradient(small_id, {both, values});
    EXPECT_EQ(large.step().status, Status::applied);
    its_twin.step();
  }
  EXPECT_TRUE(std::equal(small.begin(), small.begin() + kColumns, table.all().begin()));
  EXPECT_TRUE(std::equal(small.begin() + kColumns, small.end(), table.all().end() - kColumns));
  EXPECT_EQ(large.state(id, "sum").as<float>().back(), its_twin.state(small_id, "sum").as<float>().back());
}

TEST_F(OfRows, of_which_there_are_none_is_a_step) {
  Optimizer sgd = optimizer();
  const ParameterId id = sgd.add("table", {3, 2}, x_, {});
  sgd.set_gradient(id, {});
  EXPECT_EQ(sgd.step().status, Status::applied);
  EXPECT_EQ(sgd.steps(id), 1);
}

TEST_F(OfRows, gives_way_to_a_dense_one) {
  Optimizer sgd = optimizer();
  EXPECT_EQ(refusal(sgd), "");
  const std::vector<float> g(6, 1.0F);
  sgd.rebind(ParameterId{0}, x_, g);
  sgd.step();
  EXPECT_EQ(x_, (std::vector<float>{0, 1, 2, 3, 4, 5}));
  sgd.set_gradient(ParameterId{0}, {rows_, values_});
  sgd.clear_gradient(ParameterId{0});
  EXPECT_EQ(sgd.step().message, "no parameter has a gradient");
}

TEST_F(OfRows, ends_where_none_is_bound) {
  Optimizer sgd = optimizer();
  EXPECT_EQ(refusal(sgd), "");
  sgd.rebind(ParameterId{0}, x_, {});
  EXPECT_EQ(sgd.step().message, "no parameter has a gradient");
}

TEST_F(OfRows, is_refused_where_sizes_disagree) {
  values_.pop_back();
  Optimizer sgd = optimizer();
  EXPECT_EQ(refusal(sgd), "the gradient of parameter 'table' has 2 rows of 2 columns, and 3 values");
}

TEST_F(OfRows, is_refused_where_a_rule_looks_at_more) {
  Optimizer lamb = optimizer(LAMB{}), muon = optimizer(Muon{}), adafactor = optimizer(Adafactor{}),
            prodigy = optimizer(Prodigy{});
  const std::string refused =
      "parameter 'table': a gradient of rows is for rules that act on elements or rows; ";
  EXPECT_EQ(refusal(lamb), refused + "lamb measures more than rows");
  EXPECT_EQ(refusal(muon), refused + "muon works on whole matrices");
  EXPECT_EQ(refusal(adafactor), refused + "adafactor keeps numbers of columns");
  EXPECT_EQ(refusal(prodigy), refused + "prodigy shares numbers among parameters");
  // A row that was moved for the first time in a later step began at z = 0.
  Optimizer schedule_free = optimizer(ScheduleFreeAdamW{});
  EXPECT_TRUE(contains(refusal(schedule_free), "let them count their own (StateOptions::row_steps)"));
}

TEST_F(OfRows, of_a_row_that_is_not_there_changes_nothing) {
  Optimizer sgd = optimizer();
  EXPECT_EQ(refusal(sgd), "");
  for (const std::int64_t bad : {std::int64_t{3}, std::int64_t{-1}, std::int64_t{1} << 62}) {
    rows_[1] = bad;
    const std::vector<float> before = x_;
    EXPECT_EQ(message_of([&] { sgd.step(); }), "parameter 'table': its gradient's row number 1 is " +
                                                   std::to_string(bad) + "; the rows are 0 to 2");
    EXPECT_EQ(x_, before);
    EXPECT_EQ(sgd.steps(), 0);
  }
}

TEST_F(OfRows, may_not_lie_in_a_parameter) {
  Optimizer sgd = optimizer();
  const ParameterId id = sgd.add("table", {3, 2}, x_, {});
  sgd.set_gradient(id, {rows_, std::span(x_).first(4)});
  EXPECT_EQ(message_of([&] { sgd.step(); }), "parameter 'table' overlaps its own gradient in memory");
}

/// Each value is finite, and so are not their sums.
TEST_F(OfRows, whose_sum_is_not_finite_is_skipped) {
  Optimizer sgd = optimizer();
  rows_ = {1, 1};
  values_.assign(4, 3e38F);
  EXPECT_EQ(refusal(sgd), "");
  const StepReport report = sgd.step();
  EXPECT_EQ(report.status, Status::skipped);
  EXPECT_EQ(report.non_finite, std::vector<std::string>{"table"});
}

TEST_F(OfRows, that_is_not_finite_names_the_first_such_row) {
  Optimizer sgd = optimizer();
  rows_ = {2, 1, 2};
  values_ = {1, 2, 3, 4, std::nanf(""), 5};
  std::vector<float> dense{1}, g{std::nanf("")};
  sgd.add("dense", {1}, dense, g);
  EXPECT_EQ(refusal(sgd), "");
  const StepReport report = sgd.step();
  EXPECT_EQ(report.message,
            "the gradient is not finite (NaN or infinity) in 2 of 2 parameters: dense, table (row 2)");
  EXPECT_EQ(report.non_finite, (std::vector<std::string>{"dense", "table"}));
}

/// Of the sums.
TEST_F(OfRows, has_a_norm) {
  Optimizer clipped = optimizer(ClipNorm{100.0} >> SGD{.lr = 1});
  rows_ = {1, 1};
  values_ = {1, 2, 2, 2};
  EXPECT_EQ(refusal(clipped), "");
  EXPECT_EQ(clipped.step().gradient_norm, 5);
}

/// To the last bit that of the dense gradient, whatever leaves and chunks of a sum the rows lie in.
TEST_F(OfRows, has_the_norm_of_the_dense_one) {
  for (const std::size_t columns : {1, 3, 16, 29, 64, 100, 512, 700, 8192, 20'000})
    for (const std::uint64_t seed : {1, 2, 3, 4}) {
      const auto rows = static_cast<std::int64_t>(std::min<std::size_t>(100'000 / columns, 3000));
      const Shape shape{rows, static_cast<std::int64_t>(columns)};
      std::vector<double> x(static_cast<std::size_t>(rows) * columns), g(x.size()), values;
      RowNumbers given;
      for (std::int64_t row = 0; row < rows; ++row) {
        if (noise(seed, static_cast<std::uint64_t>(row)) < (seed % 2 == 0 ? 0.0 : 10.0)) continue;
        given.push_back(row);
        const std::vector<double> of_row = noise_array<double>(static_cast<std::uint64_t>(row), columns);
        std::copy(of_row.begin(), of_row.end(), g.begin() + row * shape[1]);
        values.insert(values.end(), of_row.begin(), of_row.end());
      }
      Optimizer optimizer(ClipNorm{1.0} >> SGD{});
      const ParameterId id = optimizer.add("table", shape, x, g);
      const double norm = optimizer.step().gradient_norm;
      optimizer.set_gradient(id, {given, values});
      EXPECT_EQ(optimizer.step().gradient_norm, norm) << columns << " columns, " << given.size() << " rows";
    }
}

// Room for the sums of so many floats was used again for as many doubles.
TEST(RowSums, of_doubles_after_another_parameter_s_floats) {
  constexpr std::size_t kColumns = 1000;
  std::vector<float> x(kColumns, 1.0F);
  std::vector<double> y(kColumns, 1.0);
  const std::vector<float> ones(2 * kColumns, 1.0F);
  const RowNumbers rows{0, 0};
  Optimizer sgd(SGD{.lr = 1});
  const ParameterId floats = sgd.add("floats", {1, kColumns}, x, {});
  const ParameterId doubles = sgd.add("doubles", {1, kColumns}, y, {});
  sgd.set_gradient(floats, {rows, ones});
  sgd.step();
  sgd.clear_gradient(floats);
  sgd.set_gradient(doubles, {rows, ones});
  sgd.step();
  EXPECT_EQ(x, std::vector<float>(kColumns, -1.0F));
  EXPECT_EQ(y, std::vector<double>(kColumns, -1.0));
}

TEST_F(OfRows, stands_beside_dense_ones) {
  Optimizer sgd = optimizer();
  std::vector<float> dense{1}, g{2};
  EXPECT_EQ(refusal(sgd), "");
  sgd.add("dense", {1}, dense, g);
  EXPECT_EQ(sgd.step().status, Status::applied);
  EXPECT_EQ(dense[0], -1);
  EXPECT_EQ(x_[0], 0);
}

// How rows count steps

OptimizerOptions with(RowSteps row_steps, State state = State::plain) {
  return {.state = {.dtype = state, .from_size = 0, .row_steps = row_steps}};
}

TEST(RowSteps, other_than_shared_are_refused_where_a_rule_looks_at_more) {
  std::vector<float> x(6);
  for (const RowSteps row_steps : {RowSteps::own, RowSteps::caught_up}) {
    Optimizer lamb(LAMB{}, with(row_steps));
    EXPECT_EQ(
        message_of([&] {
          lamb.add("table", {3, 2}, x, {});
        }),
        "parameter 'table': StateOptions::row_steps other than shared are for rules that act on elements or "
        "rows; lamb measures more than rows");
    EXPECT_EQ(lamb.size(), 0);
  }
}

/// A row of theirs would be an element: a bias beside a table took fifty times as long.
TEST(RowSteps, other_than_shared_are_not_for_vectors) {
  std::vector<float> x(8192, 1.0F), g(x.size(), 1.0F), values(1);
  const RowNumbers rows{1};
  for (const RowSteps row_steps : {RowSteps::own, RowSteps::caught_up}) {
    Optimizer adam(Adam{}, with(row_steps, State::block8));
    const ParameterId bias = adam.add("bias", {8192}, x, g);
    adam.step();
    EXPECT_EQ(adam.slots(bias),
              (std::vector<std::string>{"exp_avg", "exp_avg_sq", "beta1_product", "beta2_product"}));
    EXPECT_EQ(
        message_of([&] {
          adam.set_gradient(bias, {rows, values});
        }),
        "parameter 'bias' has shape [8192]; rows have steps other than the parameter's "
        "(StateOptions::row_steps) in two dimensions or more: add it as one of one column, or to a group "
        "whose row_steps are shared");
    Optimizer lamb(LAMB{}, with(row_steps));
    EXPECT_EQ(message_of([&] { lamb.add("bias", {8192}, x, g); }), "");
  }
}

TEST(RowSteps, caught_up_are_refused_where_rows_have_a_block_in_common) {
  std::vector<float> x(5 * 100), whole(5 * 512), one(100);
  for (const State state : {State::block8, State::dynamic8}) {
    Optimizer adam(Adam{}, with(RowSteps::caught_up, state));
    EXPECT_EQ(
        message_of([&] {
          adam.add("table", {5, 100}, x, {});
        }),
        "parameter 'table': its rows of 100 elements have 8-bit blocks of 256 in common in slot 'exp_avg', "
        "and can be caught up only together; keep the slot in another type, or rows shared");
    EXPECT_EQ(message_of([&] { adam.add("whole", {5, 512}, whole, {}); }), "");
    EXPECT_EQ(message_of([&] { adam.add("one", {1, 100}, one, {}); }), "");
  }
  for (const auto& options : {with(RowSteps::caught_up, State::bf16), with(RowSteps::own, State::block8)})
    EXPECT_EQ(message_of([&] { Optimizer(Adam{}, options).add("table", {5, 100}, x, {}); }), "");
}

TEST(RowSteps, of_each_row_can_be_seen) {
  std::vector<float> x(6, 1.0F), values(2, 1.0F);
  RowNumbers rows{1};
  for (const RowSteps row_steps : {RowSteps::shared, RowSteps::own, RowSteps::caught_up}) {
    Optimizer adam(Adam{.beta1 = 0.5, .beta2 = 0.25}, with(row_steps));
    const ParameterId id = adam.add("table", {3, 2}, x, {});
    for (rows[0] = 1; rows[0] < 3; ++rows[0]) {
      adam.set_gradient(id, {rows, values});
      adam.step();
    }
    const std::vector<std::string> names = adam.slots(id);
    if (row_steps == RowSteps::shared) {
      EXPECT_EQ(names, (std::vector<std::string>{"exp_avg", "exp_avg_sq", "beta1_product", "beta2_product"}));
      continue;
    }
    EXPECT_EQ(names, (std::vector<std::string>{"exp_avg", "exp_avg_sq", "row_steps", "beta1_product",
                                               "beta2_product"}));
    const bool own = row_steps == RowSteps::own;
    const StateView steps = adam.state(id, "row_steps");
    EXPECT_EQ(steps.shape, (Shape{3}));
    EXPECT_EQ(steps.decode(), own ? (std::vector<double>{0, 1, 1}) : (std::vector<double>{0, 1, 2}));
    const StateView products = adam.state(id, "beta1_product");
    EXPECT_EQ(products.shape, own ? Shape{3} : Shape{});
    EXPECT_EQ(products.decode(), own ? (std::vector<double>{1, 0.5, 0.5}) : (std::vector<double>{0.25}));
    EXPECT_EQ(adam.effective_lr(id).empty(), own);
    adam.catch_up();
    EXPECT_EQ(steps.decode(), own ? (std::vector<double>{0, 1, 1}) : (std::vector<double>{2, 2, 2}));
  }
}

/// Each makes Adam's first step, of lr times the sign of the gradient, when it is moved first.
TEST(RowSteps, of_their_own_correct_the_bias_of_each_row) {
  std::vector<double> x(3), values{1};
  RowNumbers rows{0};
  Optimizer adam(Adam{.lr = 1, .eps = 0}, with(RowSteps::own));
  const ParameterId id = adam.add("table", {3, 1}, x, {});
  for (; rows[0] < 3; ++rows[0]) {
    adam.set_gradient(id, {rows, values});
    adam.step();
  }
  for (const double each : x) EXPECT_NEAR(each, -1, 1e-12);
}

/// A table of which one row has taken three steps; the others lack them.
class LaggingRows : public testing::Test {
 protected:
  static constexpr float kThreeSteps = 0.875F * 0.875F * 0.875F;

  std::vector<float> x_ = std::vector<float>(6, 1.0F), values_ = std::vector<float>(2, 1.0F);
  const RowNumbers rows_{1};
  Optimizer adamw_{AdamW{.lr = 0.25, .weight_decay = 0.5}, with(RowSteps::caught_up)};
  const ParameterId id_ = adamw_.add("table", {3, 2}, x_, {});

  void SetUp() override {
    adamw_.set_gradient(id_, {rows_, values_});
    for (int i = 0; i < 3; ++i) adamw_.step();
    ASSERT_EQ(x_[0], 1.0F);
  }
};

TEST_F(LaggingRows, are_caught_up_by_evaluate) {
  adamw_.evaluate();
  EXPECT_EQ(x_[0], kThreeSteps);
  adamw_.catch_up();
  EXPECT_EQ(x_[0], kThreeSteps);
}

TEST_F(LaggingRows, are_caught_up_where_they_are_named) {
  adamw_.catch_up(id_, RowNumbers{2, 2});
  EXPECT_EQ(x_[0], 1.0F);
  EXPECT_EQ(x_[4], kThreeSteps);
  EXPECT_EQ(message_of([&] {
              adamw_.catch_up(id_, RowNumbers{0, 3});
            }),
            "parameter 'table': there is no row 3; the rows are 0 to 2");
  EXPECT_EQ(x_[0], 1.0F);
}

/// A part of them in each step, not all rows at once.
TEST(RowSteps, of_rows_that_are_caught_up_are_taken_by_turns) {
  constexpr std::int64_t kRows = 2500, kSteps = 2100;
  std::vector<float> x(kRows, 1.0F), dense(kRows, 1.0F), values{1}, g(kRows);
  RowNumbers rows{0};
  Optimizer adamw(AdamW{}, with(RowSteps::caught_up)), whole(AdamW{});
  const ParameterId id = adamw.add("table", {kRows, 1}, x, {});
  whole.add("table", {kRows, 1}, dense, g);
  std::vector<double> before(kRows);
  for (std::int64_t t = 1; t <= kSteps; ++t) {
    g[static_cast<std::size_t>(rows[0])] = 0;
    rows[0] = t * t % kRows;
    g[static_cast<std::size_t>(rows[0])] = 1;
    adamw.set_gradient(id, {rows, values});
    adamw.step();
    whole.step();
    const std::vector<double> now = adamw.state(id, "row_steps").decode();
    std::int64_t moved = 0;
    for (std::size_t row = 0; row < now.size(); ++row) moved += now[row] > before[row] ? 1 : 0;
    EXPECT_LE(moved, kRows / 1024 + 2) << "in step " << t;
    EXPECT_LT(static_cast<double>(t) - *std::min_element(now.begin(), now.end()), 1024);
    before = now;
  }
  adamw.catch_up();
  EXPECT_EQ(x, dense);
}

TEST(RowSteps, are_not_made_up_for_where_memory_is_shared) {
  std::vector<float> x(6, 1.0F), other(2), values(2, 1.0F);
  const RowNumbers rows{1};
  Optimizer adamw(AdamW{}, with(RowSteps::caught_up));
  const ParameterId id = adamw.add("table", {3, 2}, x, {});
  adamw.add("other", {2}, other, {});
  adamw.set_gradient(id, {rows, values});
  adamw.step();
  adamw.rebind(ParameterId{1}, std::span(x).first(2), {});
  EXPECT_EQ(message_of([&] { adamw.catch_up(); }), "parameter 'table' overlaps parameter 'other' in memory");
  EXPECT_EQ(x[0], 1.0F);
}

}  // namespace
}  // namespace gradus::test
