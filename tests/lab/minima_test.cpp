#include "lab/minima/minima.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "gradus/optimizer.hpp"
#include "gradus/registry.hpp"
#include "lab/minima/bands.hpp"
#include "lab/minima/figures.hpp"
#include "lab/minima/page.hpp"
#include "lab/minima/stability.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using gradus::test::contains;
using gradus::test::message_of;
using Numbers = std::vector<double>;

const Numbers kCurvatures{1, 2, 3, 40}, kStart{1, -2, 0.5, 1};

double bowl(std::span<const double> x) {
  double loss = 0;
  for (std::size_t i = 0; i < x.size(); ++i) loss += kCurvatures[i] * x[i] * x[i] / 2;
  return loss;
}

void slope(std::span<const double> x, std::span<double> g) {
  std::ranges::transform(kCurvatures, x, g.begin(), std::multiplies<>());
}

class BowlLandscape final : public Landscape {
 public:
  explicit BowlLandscape(Numbers point) : point_(std::move(point)) {}
  [[nodiscard]] std::size_t size() const override { return point_.size(); }
  [[nodiscard]] Numbers point() const override { return point_; }
  double loss(std::span<const double> x) override { return bowl(x); }
  void gradient(std::span<const double> x, std::span<double> g) override { slope(x, g); }
  void hessian_times(std::span<const double> x, std::span<const double> v, std::span<double> hv) override {
    slope(v, hv);
    if (!std::isfinite(bowl(x))) hv[0] = kNotMeasured;
  }

 private:
  Numbers point_;
};

class BowlMover final : public Mover {
 public:
  BowlMover(Numbers& x, const Numbers& g, AnyRule rule) : optimizer_(std::move(rule)) {
    optimizer_.add("x", {2, 2}, x, g);
  }
  void forget_gradient() override {}
  StepReport step() override { return optimizer_.step(); }
  void evaluate() override { optimizer_.evaluate(); }
  void train() override { optimizer_.train(); }
  [[nodiscard]] const Optimizer& core() const override { return optimizer_; }

 private:
  Optimizer optimizer_;
};

/// A matrix of four numbers, and a loss whose Hessian is diagonal and the same everywhere.
class BowlProblem final : public Problem {
 public:
  [[nodiscard]] Parameters parameters() const override { return {{"x", {2, 2}}}; }
  std::unique_ptr<Mover> mover(std::vector<Part> parts, OptimizerOptions /*options*/) override {
    return std::make_unique<BowlMover>(x_, g_, std::move(parts.front().rule));
  }
  double loss_and_gradient() override {
    slope(x_, g_);
    return bowl(x_);
  }
  Exam examine(Split /*split*/) override { return {bowl(x_), 0.5}; }
  [[nodiscard]] Numbers values(const std::string& /*parameter*/) const override { return x_; }
  std::unique_ptr<Landscape> landscape(std::int64_t /*examples*/) override {
    return std::make_unique<BowlLandscape>(x_);
  }

 private:
  Numbers x_ = kStart, g_ = Numbers(kStart.size());
};

class BowlTask final : public Task {
 public:
  [[nodiscard]] const TaskFacts& facts() const override { return facts_; }
  [[nodiscard]] std::unique_ptr<Problem> begin(std::uint64_t /*seed*/,
                                               std::int64_t /*batch*/) const override {
    return std::make_unique<BowlProblem>();
  }

 private:
  TaskFacts facts_;
};

constexpr std::int64_t kSteps = 20;

MinimaResults measured(std::string_view rules, std::int64_t steps = kSteps, bool stopped = false) {
  const std::atomic<bool> stop = stopped;
  RaceObserver nobody;
  const MinimaOptions options{.entries = parse_entries(rules), .steps = steps, .looks = 4, .threads = 2};
  MinimaResults results = measure_minima(options, BowlTask(), nobody, stop);
  results.settings.task = "bowl";
  results.settings.metric = {.name = "accuracy", .scale = 100, .unit = "%"};
  results.settings.steps = steps;
  return results;
}

/// The largest curvature that Adam sees after so many steps, by its formula in double.
double seen_by_adam(double lr, std::int64_t steps) {
  double largest = 0;
  for (std::size_t i = 0; i < kStart.size(); ++i) {
    double x = kStart[i], m = 0, v = 0, p = 0;
    for (std::int64_t t = 1; t <= steps; ++t) {
      const double g = kCurvatures[i] * x, at = static_cast<double>(t);
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      p = std::sqrt(v / (1 - std::pow(0.999, at))) + 1e-8;
      x -= lr * m / (1 - std::pow(0.9, at)) / p;
    }
    largest = std::max(largest, kCurvatures[i] / p);
  }
  return largest;
}

TEST(Minima, are_measured_at_the_start_and_at_every_look) {
  const MinimaResults results = measured("sgd:lr=0.01,adam:lr=0.05");
  ASSERT_EQ(results.minima.size(), 2u);
  for (const Minimum& minimum : results.minima) {
    EXPECT_FALSE(minimum.diverged);
    ASSERT_EQ(minimum.looks.size(), 5u);
    EXPECT_EQ(minimum.looks.front().loss, bowl(kStart));
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(minimum.looks[i].step, static_cast<std::int64_t>(5 * i));
      EXPECT_NEAR(minimum.looks[i].largest, 40, 0.4);
    }
    EXPECT_EQ(minimum.sharpness.loss, minimum.looks.back().loss);
    EXPECT_NEAR(minimum.sharpness.largest, 40, 0.04);
    EXPECT_NEAR(minimum.sharpness.trace.mean, 46, 1e-10) << "of a diagonal matrix every draw is exact";
    EXPECT_EQ(minimum.test_metric, 0.5);
  }
}

TEST(Minima, have_bounds_of_what_the_rule_sees) {
  const MinimaResults results = measured("sgd:lr=0.01,adam:lr=0.05");
  const Minimum &sgd = results.minima[0], &adam = results.minima[1];
  EXPECT_FALSE(sgd.bounds_preconditioned);
  EXPECT_TRUE(adam.bounds_preconditioned);
  EXPECT_NEAR(sgd.looks.back().bound, 200, 1e-10);
  EXPECT_NEAR(adam.looks.back().bound, 38 / 0.05, 1e-10);
  EXPECT_TRUE(std::isnan(sgd.looks.back().preconditioned));
  EXPECT_TRUE(std::isnan(adam.looks.front().preconditioned)) << "it has not divided by anything yet";
  const double seen = seen_by_adam(0.05, kSteps);
  EXPECT_NEAR(adam.looks.back().preconditioned, seen, 0.01 * seen);
}

TEST(Minima, without_a_rate_are_those_of_the_usual_one) {
  EXPECT_EQ(measured("momentum").minima[0].lr, 0.03);
}

TEST(Minima, are_the_ends_of_the_line_and_lie_on_the_plane) {
  const MinimaResults results = measured("sgd:lr=0.01,adam:lr=0.05");
  const Slices& slices = results.slices;
  EXPECT_EQ(slices.from, "sgd");
  EXPECT_EQ(slices.to, "adam");
  const double ends[] = {results.minima[0].sharpness.loss, results.minima[1].sharpness.loss};
  for (const int end : {0, 1}) {
    const auto at = [end](const Numbers& axis, double place) {
      const auto found = std::ranges::find_if(axis, [&](double t) { return std::abs(t - place) < 1e-12; });
      EXPECT_NE(found, axis.end()) << end;
      return static_cast<std::size_t>(found - axis.begin());
    };
    EXPECT_NEAR(slices.line.loss[at(slices.line.t, end)], ends[end], 1e-12);
    EXPECT_NEAR(slices.plane.loss[at(slices.plane.s, end)][at(slices.plane.t, 0)], ends[end], 1e-12);
  }
  EXPECT_EQ(slices.plane.loss.size(), slices.plane.s.size());
  EXPECT_EQ(slices.plane.loss[0].size(), slices.plane.t.size());
}

TEST(Minima, of_one_rule_lie_on_a_line_from_the_start) {
  const MinimaResults results = measured("sgd:lr=0.01");
  EXPECT_EQ(results.slices.from, "the start");
  EXPECT_EQ(results.slices.to, "sgd");
  EXPECT_NEAR(results.slices.line.loss[10], bowl(kStart), 1e-12);
}

TEST(Minima, that_diverged_are_called_so_and_left_out_of_slices) {
  const MinimaResults results = measured("sgd:lr=10,adam:lr=0.05", 400);
  EXPECT_TRUE(results.minima[0].diverged);
  EXPECT_TRUE(std::isnan(results.minima[0].sharpness.largest));
  EXPECT_EQ(results.slices.from, "the start");
  EXPECT_TRUE(contains(minima_page(results, "vegaEmbed"), "sgd diverged and adam 40"));
  const MinimaResults none = measured("sgd:lr=10", 400);
  EXPECT_EQ(none.slices.to, "");
  EXPECT_TRUE(contains(minima_page(none, "vegaEmbed"), "sgd diverged"));
}

TEST(Minima, stop_when_they_are_told_to) { EXPECT_THROW(measured("sgd:lr=0.01", kSteps, true), Stopped); }

TEST(Minima, are_of_one_rule_each) {
  EXPECT_TRUE(
      contains(message_of([] { measured("sgd,adam>sgd"); }), "'adam>sgd': what is measured is where"));
}

TEST(Stability, is_that_of_the_rule_on_a_quadratic) {
  const auto bound = [](const char* rule, std::vector<Setting> settings = {}) {
    return stability_of(make_rule(rule, settings), 0.1).bound;
  };
  EXPECT_NEAR(bound("sgd"), 20, 1e-12);
  EXPECT_NEAR(bound("momentum"), 38, 1e-12);
  EXPECT_NEAR(bound("momentum", {{"momentum", 0.5}, {"dampening", 0.5}}), 60, 1e-12);
  EXPECT_NEAR(bound("nesterov"), 38 / 2.8, 1e-12);
  EXPECT_NEAR(bound("rmsprop"), 20, 1e-12);
  EXPECT_NEAR(bound("rmsprop_momentum"), 38, 1e-12);
  EXPECT_NEAR(bound("adam"), 380, 1e-12);
  EXPECT_TRUE(std::isnan(bound("muon")));
}

/// Whether the rule comes to rest on x^2 / 2 times the curvature, beginning at 1.
bool comes_to_rest(const char* rule, double curvature) {
  Numbers x{1}, g{0};
  Optimizer optimizer(make_rule(rule, {{"lr", 0.1}}));
  optimizer.add("x", {1}, x, g);
  for (int step = 0; step < 4000 && std::isfinite(x[0]); ++step) {
    g[0] = curvature * x[0];
    optimizer.step();
  }
  return std::abs(x[0]) < 1;
}

TEST(Stability, tells_where_rules_without_a_preconditioner_come_to_rest) {
  for (const char* rule : {"sgd", "momentum", "nesterov"}) {
    const double bound = stability_of(make_rule(rule), 0.1).bound;
    EXPECT_TRUE(comes_to_rest(rule, 0.99 * bound)) << rule;
    EXPECT_FALSE(comes_to_rest(rule, 1.01 * bound)) << rule;
  }
}

const Surface kCorner{.s = {0, 1, 2}, .t = {0, 1}, .loss = {{1, 1}, {1, 1}, {100, kNotMeasured}}};

TEST(Bands, leave_out_what_is_not_finite_and_join_what_is_of_one_step) {
  const Bands map = bands_of(kCorner, 2);
  EXPECT_EQ(map.edges.size(), 3u);
  EXPECT_NEAR(map.edges[1], 10, 1e-12);
  for (const Band& band : map.bands) {
    EXPECT_EQ(band.s0, 0);
    EXPECT_EQ(band.s1, 1);
    EXPECT_EQ(band.step, 0u);
  }
  EXPECT_EQ(map.bands.size(), 6u);
}

TEST(Bands, are_a_contour_where_the_loss_is_that_of_an_edge) {
  const Bands map = bands_of({.s = {0, 1}, .t = {0, 1}, .loss = {{1, 1}, {100, 100}}}, 2);
  ASSERT_EQ(map.bands.size(), 12u);
  for (const Band& band : map.bands) EXPECT_EQ(band.s0, band.step == 0 ? 0 : 0.5);
}

TEST(MinimaPage, holds_every_number_and_survives_losses_that_are_none) {
  MinimaResults results = measured("sgd:lr=0.01,adam:lr=0.05");
  results.settings.command = "gradus sharpness --task bowl";
  results.slices.plane = kCorner;
  results.slices.line.loss.back() = std::numeric_limits<double>::infinity();
  const std::string page = minima_page(results, "vegaEmbed");
  for (const char* text : {"Largest curvature: sgd 40 and adam 40", "gradus sharpness --task bowl",
                           "\"measured\":null", "\"rule\":\"adam\"", "50.00%", "adam: preconditioned"})
    EXPECT_TRUE(contains(page, text)) << text;
  const auto document = nlohmann::json::parse(to_text(results));
  EXPECT_EQ(document["format"], "gradus-sharpness-1");
  EXPECT_EQ(document["minima"][1]["looks"].size(), 5u);
  EXPECT_EQ(document["slices"]["plane"]["loss"][2][1], "NaN");
}

TEST(MinimaTable, has_a_row_a_measure_and_a_column_a_rule) {
  const Table table = table_of(measured("sgd:lr=0.01,adam:lr=0.05"));
  EXPECT_EQ(table.head, (std::vector<std::string>{"", "sgd", "adam"}));
  for (const Table::Row& row : table.rows) EXPECT_EQ(row.cells.size(), 2u) << row.name;
  EXPECT_EQ(table.rows[0].cells, (std::vector<std::string>{"0.01", "0.05"}));
}

}  // namespace
}  // namespace gradus::lab
