#include "lab/sharpness/sharpness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "lab/sharpness/adaptive.hpp"
#include "lab/sharpness/lanczos.hpp"
#include "lab/sharpness/slices.hpp"
#include "lab/sharpness/trace.hpp"
#include "lab/tasks/draws.hpp"
#include "lab/tasks/kinds.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using gradus::test::contains;
using gradus::test::message_of;
using Numbers = std::vector<double>;

Numbers wave(std::size_t n, double phase) {
  Numbers numbers(n);
  for (std::size_t i = 0; i < n; ++i) numbers[i] = std::sin(static_cast<double>(i) * 0.7 + phase);
  return numbers;
}

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

double norm(std::span<const double> a) { return std::sqrt(dot(a, a)); }

/// A number and how fast it changes: a gradient computed with these has a Hessian's product beside it.
struct Dual {
  double value = 0, rate = 0;
};
Dual operator+(Dual a, Dual b) { return {a.value + b.value, a.rate + b.rate}; }
Dual operator-(Dual a, Dual b) { return {a.value - b.value, a.rate - b.rate}; }
Dual operator*(Dual a, Dual b) { return {a.value * b.value, a.rate * b.value + a.value * b.rate}; }
Dual tanh(Dual a) {
  const double t = std::tanh(a.value);
  return {t, (1 - t * t) * a.rate};
}
Dual logistic(Dual a) {
  const double p = 1 / (1 + std::exp(-a.value));
  return {p, p * (1 - p) * a.rate};
}

/// The tiny net of make_sharpness.py: 3 inputs, 4 tanh units, 2 scores, five examples.
class TinyNet final : public Landscape {
 public:
  static constexpr std::size_t kInputs = 3, kUnits = 4, kSize = 26, kExamples = 5;

  [[nodiscard]] std::size_t size() const override { return kSize; }
  [[nodiscard]] Numbers point() const override { return wave(kSize, 1); }

  double loss(std::span<const double> x) override {
    double sum = 0;
    for (std::size_t k = 0; k < kExamples; ++k) {
      const double lead = forward(duals(x, Numbers(kSize)), k).lead.value;
      sum += std::log1p(std::exp(target(k) == 0 ? -lead : lead));
    }
    return sum / kExamples;
  }

  void gradient(std::span<const double> x, std::span<double> g) override {
    const std::vector<Dual> all = dual_gradient(duals(x, Numbers(kSize)));
    std::ranges::transform(all, g.begin(), &Dual::value);
  }

  void hessian_times(std::span<const double> x, std::span<const double> v, std::span<double> hv) override {
    const std::vector<Dual> all = dual_gradient(duals(x, v));
    std::ranges::transform(all, hv.begin(), &Dual::rate);
  }

 private:
  static constexpr std::size_t kBias1 = 12, kWeight2 = 16, kBias2 = 24;

  static double input(std::size_t k, std::size_t i) {
    return 1.5 * std::sin(static_cast<double>(kInputs * k + i) * 0.7 + 0.5);
  }
  static std::size_t target(std::size_t k) { return k * 3 % 2; }

  static std::vector<Dual> duals(std::span<const double> x, std::span<const double> rates) {
    std::vector<Dual> all(kSize);
    for (std::size_t i = 0; i < kSize; ++i) all[i] = {x[i], rates[i]};
    return all;
  }

  struct Pass {
    std::array<Dual, kUnits> units;
    Dual lead;  // of the first score over the second
  };
  static Pass forward(const std::vector<Dual>& x, std::size_t k) {
    Pass pass;
    pass.lead = x[kBias2] - x[kBias2 + 1];
    for (std::size_t j = 0; j < kUnits; ++j) {
      Dual sum = x[kBias1 + j];
      for (std::size_t i = 0; i < kInputs; ++i) sum = sum + x[kInputs * j + i] * Dual{input(k, i)};
      pass.units[j] = tanh(sum);
      pass.lead = pass.lead + (x[kWeight2 + j] - x[kWeight2 + kUnits + j]) * pass.units[j];
    }
    return pass;
  }

  static std::vector<Dual> dual_gradient(const std::vector<Dual>& x) {
    std::vector<Dual> g(kSize);
    const auto add = [&](std::size_t i, Dual a) { g[i] = g[i] + a * Dual{1.0 / kExamples}; };
    for (std::size_t k = 0; k < kExamples; ++k) {
      const Pass pass = forward(x, k);
      const Dual by_lead = logistic(pass.lead) - Dual{target(k) == 0 ? 1.0 : 0.0};
      add(kBias2, by_lead);
      add(kBias2 + 1, Dual{-1} * by_lead);
      for (std::size_t j = 0; j < kUnits; ++j) {
        const Dual unit = pass.units[j];
        add(kWeight2 + j, by_lead * unit);
        add(kWeight2 + kUnits + j, Dual{-1} * by_lead * unit);
        const Dual by_sum = by_lead * (x[kWeight2 + j] - x[kWeight2 + kUnits + j]) * (Dual{1} - unit * unit);
        add(kBias1 + j, by_sum);
        for (std::size_t i = 0; i < kInputs; ++i) add(kInputs * j + i, by_sum * Dual{input(k, i)});
      }
    }
    return g;
  }
};

const nlohmann::json& oracle() {
  static const nlohmann::json tiny =
      nlohmann::json::parse(std::ifstream(LAB_GOLDEN_DIR "/sharpness.json")).at("tiny");
  return tiny;
}

Operator diagonal(Numbers values) {
  return [values = std::move(values)](std::span<const double> v, std::span<double> av) {
    std::ranges::transform(values, v, av.begin(), std::multiplies<>());
  };
}

/// sum of a_i (x_i - bottom_i)^2 / 2
class Bowl final : public Landscape {
 public:
  Bowl(Numbers curvatures, Numbers bottom) : a_(std::move(curvatures)), bottom_(std::move(bottom)) {}
  [[nodiscard]] std::size_t size() const override { return a_.size(); }
  [[nodiscard]] Numbers point() const override { return bottom_; }
  double loss(std::span<const double> x) override {
    double sum = 0;
    for (std::size_t i = 0; i < a_.size(); ++i) sum += a_[i] * std::pow(x[i] - bottom_[i], 2) / 2;
    return sum;
  }
  void gradient(std::span<const double> x, std::span<double> g) override {
    for (std::size_t i = 0; i < a_.size(); ++i) g[i] = a_[i] * (x[i] - bottom_[i]);
  }
  void hessian_times(std::span<const double> /*x*/, std::span<const double> v,
                     std::span<double> hv) override {
    diagonal(a_)(v, hv);
  }

 private:
  Numbers a_, bottom_;
};

// ---- eigenvalues ----------------------------------------------------------------------------------------------------

TEST(TinyNet, has_the_loss_and_the_hessian_of_pytorch) {
  TinyNet net;
  EXPECT_NEAR(net.loss(net.point()), oracle()["loss"], 1e-14);
  Numbers hv(TinyNet::kSize);
  net.hessian_times(net.point(), wave(TinyNet::kSize, 2), hv);
  const Numbers theirs = oracle()["times_wave"];
  for (std::size_t i = 0; i < hv.size(); ++i) EXPECT_NEAR(hv[i], theirs[i], 1e-14) << i;
}

void expect_values(const Spectrum& spectrum, const Numbers& expected, double relative) {
  ASSERT_EQ(spectrum.pairs.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(spectrum.pairs[i].value, expected[i], relative * std::abs(expected[i])) << i;
}

void expect_residuals(const Operator& matrix, const Spectrum& spectrum) {
  for (const Eigenpair& pair : spectrum.pairs) {
    Numbers left(pair.vector.size());
    matrix(pair.vector, left);
    for (std::size_t i = 0; i < left.size(); ++i) left[i] -= pair.value * pair.vector[i];
    EXPECT_NEAR(norm(left), pair.residual, 1e-12);
    EXPECT_NEAR(norm(pair.vector), 1, 1e-14);
  }
}

TEST(Lanczos, finds_the_largest_eigenvalues_of_the_dense_hessian) {
  TinyNet net;
  const Operator matrix = hessian(net, net.point());
  const Spectrum spectrum = largest_eigenpairs(matrix, net.size(), {.count = 4, .tolerance = 1e-8});
  EXPECT_TRUE(spectrum.converged);
  expect_values(spectrum, oracle()["largest"], 1e-12);
  expect_residuals(matrix, spectrum);
}

TEST(Lanczos, finds_those_of_the_preconditioned_hessian) {
  TinyNet net;
  Numbers p = wave(net.size(), 3);
  for (double& number : p) number = 0.5 + number * number;
  const Operator matrix = preconditioned(hessian(net, net.point()), p);
  const Spectrum spectrum = largest_eigenpairs(matrix, net.size(), {.count = 4, .tolerance = 1e-8});
  EXPECT_TRUE(spectrum.converged);
  expect_values(spectrum, oracle()["preconditioned"], 1e-12);
}

TEST(Lanczos, stops_as_soon_as_the_residual_is_small_and_says_what_is_left) {
  Numbers values(500);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = -std::sqrt(static_cast<double>(i));
  values[77] = 10;
  const Operator matrix = diagonal(values);
  const Spectrum close = largest_eigenpairs(matrix, 500, {.tolerance = 1e-6});
  EXPECT_TRUE(close.converged);
  EXPECT_LT(close.products, 40U);
  EXPECT_LE(close.pairs[0].residual, 1e-5);
  expect_values(close, {10}, 1e-11);
  expect_residuals(matrix, close);
  const Spectrum far = largest_eigenpairs(matrix, 500, {.tolerance = 1e-6, .products = 5});
  EXPECT_FALSE(far.converged);
  EXPECT_EQ(far.products, 5U);
  EXPECT_LE(std::abs(far.pairs[0].value - 10), far.pairs[0].residual);
  expect_residuals(matrix, far);
}

TEST(Lanczos, finds_an_eigenvalue_of_several_vectors_once) {
  const Spectrum spectrum = largest_eigenpairs(diagonal({3, 1, 3, 1, 3}), 5, {.count = 4});
  EXPECT_TRUE(spectrum.converged);
  EXPECT_EQ(spectrum.products, 2U);
  expect_values(spectrum, {3, 1}, 1e-14);
  const Spectrum of_nothing = largest_eigenpairs(diagonal(Numbers(5)), 5);
  EXPECT_TRUE(of_nothing.converged);
  EXPECT_EQ(of_nothing.pairs[0].value, 0);
}

TEST(Lanczos, depends_on_the_seed_alone) {
  const auto vector = [](std::uint64_t seed) {
    return largest_eigenpairs(diagonal(wave(50, 1)), 50, {.products = 6, .seed = seed}).pairs[0].vector;
  };
  EXPECT_EQ(vector(1), vector(1));
  EXPECT_NE(vector(1), vector(2));
}

TEST(Lanczos, refuses_what_has_no_eigenvalues) {
  const auto complaint = [](const Operator& matrix, const LanczosOptions& options) {
    return message_of([&] { largest_eigenpairs(matrix, 2, options); });
  };
  const Operator nowhere = diagonal({1, std::numeric_limits<double>::infinity()});
  EXPECT_TRUE(contains(complaint(nowhere, {}), "product is not finite"));
  EXPECT_TRUE(contains(complaint(diagonal({1, 2}), {.count = 3}), "3 eigenvalues of a matrix of 2 rows"));
  EXPECT_TRUE(contains(complaint(diagonal({1, 2}), {.count = 0}), "0 eigenvalues"));
  EXPECT_TRUE(contains(message_of([] { preconditioned(diagonal({1, 2}), Numbers{1, 0}); }), "one is 0"));
}

// ---- the trace ------------------------------------------------------------------------------------------------------

TEST(Trace, of_a_diagonal_matrix_takes_one_draw) {
  const Sampled trace = estimate_trace(diagonal({1, 2, 3.5}), 3, 1, 7);
  EXPECT_EQ(trace.mean, 6.5);
  EXPECT_TRUE(std::isnan(trace.standard_error));
  EXPECT_EQ(estimate_trace(diagonal({1, 2, 3.5}), 3, 5, 7).standard_error, 0);
}

TEST(Trace, of_the_dense_hessian_is_within_its_error_which_is_hutchinsons) {
  TinyNet net;
  const Sampled trace = estimate_trace(hessian(net, net.point()), net.size(), 20000, 1);
  EXPECT_NEAR(trace.mean, oracle()["trace"], 3 * trace.standard_error);
  const double deviation = std::sqrt(oracle()["draw_variance"].get<double>() / 20000);
  EXPECT_NEAR(trace.standard_error, deviation, 0.03 * deviation);
}

/// v'Hv, by a whole Hessian.
double curvature_along(std::span<const Numbers> rows, const Numbers& v) {
  double sum = 0;
  for (std::size_t i = 0; i < v.size(); ++i) sum += v[i] * dot(rows[i], v);
  return sum;
}

/// A row for each parameter: the Hessian is symmetric.
std::vector<Numbers> dense_hessian(Landscape& landscape, const Numbers& at) {
  std::vector<Numbers> rows(at.size(), Numbers(at.size()));
  for (std::size_t i = 0; i < at.size(); ++i) {
    Numbers unit(at.size());
    unit[i] = 1;
    landscape.hessian_times(at, unit, rows[i]);
  }
  return rows;
}

TEST(Trace, is_that_of_the_dense_hessian_for_the_same_draws) {
  TinyNet net;
  const std::vector<Numbers> rows = dense_hessian(net, net.point());
  double trace = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) trace += rows[i][i];
  EXPECT_NEAR(trace, oracle()["trace"], 1e-12);
  Draws draws(5);
  Numbers products;
  for (int draw = 0; draw < 10; ++draw) {
    Numbers v(net.size());
    for (double& number : v) number = draws.sign();
    products.push_back(curvature_along(rows, v));
  }
  const Sampled estimate = estimate_trace(hessian(net, net.point()), net.size(), 10, 5);
  EXPECT_NEAR(estimate.mean, sampled(products).mean, 1e-12);
  EXPECT_NEAR(estimate.standard_error, sampled(products).standard_error, 1e-12);
}

TEST(Trace, of_no_draws_is_refused) {
  EXPECT_TRUE(contains(message_of([] { estimate_trace(diagonal({1}), 1, 0, 1); }), "no draws"));
}

// ---- adaptive sharpness ---------------------------------------------------------------------------------------------

TEST(AdaptiveSharpness, finds_the_worst_case_that_pytorch_finds) {
  TinyNet net;
  const Numbers w = net.point();
  for (const auto& [radius, expected] : oracle()["worst_rise"].items()) {
    const double rho = std::stod(radius);
    const WorstCase worst = worst_case_sharpness(net, w, rho, 200, 1);
    EXPECT_NEAR(worst.rise, expected, 1e-6 * expected.get<double>()) << rho;
    Numbers there = w, u = worst.delta;
    for (std::size_t i = 0; i < w.size(); ++i) there[i] += worst.delta[i];
    for (std::size_t i = 0; i < w.size(); ++i) u[i] /= w[i];
    EXPECT_EQ(net.loss(there) - net.loss(w), worst.rise);
    EXPECT_LE(norm(u), rho * (1 + 1e-12));
  }
}

TEST(AdaptiveSharpness, of_a_bowl_is_that_of_its_scaled_curvatures) {
  // Curvatures a count as a w^2. At the bottom there is no slope to follow.
  Bowl bowl({3, 1, 100}, {1, -2, 0});
  const double rho = 0.1;
  EXPECT_NEAR(worst_case_sharpness(bowl, bowl.point(), rho, 100, 1).rise, rho * rho * 4 / 2, 1e-10);
  const Sampled average = average_case_sharpness(bowl, bowl.point(), rho, 20000, 1);
  EXPECT_NEAR(average.mean, rho * rho * (3 + 4) / 2, 3 * average.standard_error);
  EXPECT_LT(average.standard_error, 0.02 * average.mean);
}

TEST(AdaptiveSharpness, on_average_is_the_trace_of_the_scaled_hessian) {
  TinyNet net;
  const double rho = 0.01;
  const Sampled average = average_case_sharpness(net, net.point(), rho, 20000, 1);
  const double expected = rho * rho * oracle()["half_scaled_trace"].get<double>();
  EXPECT_NEAR(average.mean, expected, 3 * average.standard_error + 1e-3 * expected);
  EXPECT_LT(average.standard_error, 0.02 * expected);
}

TEST(AdaptiveSharpness, on_average_near_a_point_is_that_of_the_dense_hessian_for_the_same_draws) {
  TinyNet net;
  const Numbers w = net.point();
  const std::vector<Numbers> rows = dense_hessian(net, w);
  constexpr double kRho = 1e-4;
  Draws draws(5);
  Numbers rises;
  for (int draw = 0; draw < 10; ++draw) {
    Numbers delta(w.size());
    for (std::size_t i = 0; i < w.size(); ++i) delta[i] = kRho * draws.normal() * std::abs(w[i]);
    rises.push_back(curvature_along(rows, delta) / 2);
  }
  const Sampled average = average_case_sharpness(net, w, kRho, 10, 5);
  EXPECT_NEAR(average.mean, sampled(rises).mean, 1e-6 * sampled(rises).mean);
  EXPECT_NEAR(average.standard_error, sampled(rises).standard_error, 1e-6 * sampled(rises).mean);
}

TEST(AdaptiveSharpness, stays_where_one_layer_grows_and_the_next_one_shrinks) {
  class Product final : public Landscape {  // (x y - 1)^2 / 2
   public:
    [[nodiscard]] std::size_t size() const override { return 2; }
    [[nodiscard]] Numbers point() const override { return {1, 1}; }
    double loss(std::span<const double> x) override { return std::pow(x[0] * x[1] - 1, 2) / 2; }
    void gradient(std::span<const double> x, std::span<double> g) override {
      g[0] = (x[0] * x[1] - 1) * x[1];
      g[1] = (x[0] * x[1] - 1) * x[0];
    }
    void hessian_times(std::span<const double> x, std::span<const double> v, std::span<double> hv) override {
      const double across = 2 * x[0] * x[1] - 1;
      hv[0] = x[1] * x[1] * v[0] + across * v[1];
      hv[1] = across * v[0] + x[0] * x[0] * v[1];
    }
  } product;
  const SharpnessOptions options{.rho = 0.1, .worst_steps = 60};
  const Sharpness balanced = measure_sharpness(product, Numbers{1, 1}, options);
  const Sharpness skewed = measure_sharpness(product, Numbers{8, 0.125}, options);
  EXPECT_NEAR(balanced.largest, 2, 1e-3);
  EXPECT_NEAR(skewed.largest, 64 + 1.0 / 64, 1e-2);
  EXPECT_NEAR(skewed.worst_rise, balanced.worst_rise, 1e-12);
  EXPECT_NEAR(skewed.average_rise.mean, balanced.average_rise.mean, 1e-12);
}

TEST(AdaptiveSharpness, of_a_hilltop_is_nothing) {
  Bowl hill({-1, -2}, {3, 4});
  const WorstCase worst = worst_case_sharpness(hill, hill.point(), 0.1, 20, 1);
  EXPECT_EQ(worst.rise, 0);
  EXPECT_EQ(worst.delta, Numbers(2));
}

TEST(AdaptiveSharpness, is_found_though_the_loss_is_not_a_number_where_it_starts) {
  class Cliff final : public Landscape {
   public:
    [[nodiscard]] std::size_t size() const override { return 2; }
    [[nodiscard]] Numbers point() const override { return {1, 1}; }
    double loss(std::span<const double> x) override { return x[0] < 1 ? std::nan("") : x[0]; }
    void gradient(std::span<const double> /*x*/, std::span<double> g) override { g[0] = 1, g[1] = 0; }
    void hessian_times(std::span<const double> /*x*/, std::span<const double> /*v*/,
                       std::span<double> /*hv*/) override {}
  } cliff;
  for (std::uint64_t seed = 0; seed < 8; ++seed)
    EXPECT_NEAR(worst_case_sharpness(cliff, cliff.point(), 0.1, 50, seed).rise, 0.1, 1e-12) << seed;
}

TEST(AdaptiveSharpness, is_refused_where_it_means_nothing) {
  Bowl bowl({1, 2}, {0, 0});
  EXPECT_TRUE(contains(message_of([&] { worst_case_sharpness(bowl, Numbers{1, 1}, 0, 5, 1); }), "rho = 0"));
  const Numbers nowhere{std::numeric_limits<double>::infinity(), 1};
  EXPECT_TRUE(contains(message_of([&] { average_case_sharpness(bowl, nowhere, 0.1, 5, 1); }), "not finite"));
}

// ---- all of it ------------------------------------------------------------------------------------------------------

TEST(Sharpness, is_what_its_parts_are) {
  TinyNet net;
  const Numbers w = net.point();
  const SharpnessOptions options{
      .rho = 0.5, .worst_steps = 200, .average_draws = 50, .trace_draws = 40, .tolerance = 1e-8, .seed = 3};
  const Sharpness found = measure_sharpness(net, w, options);
  EXPECT_NEAR(found.loss, oracle()["loss"], 1e-12);
  Numbers g(w.size());
  net.gradient(w, g);
  EXPECT_NEAR(found.gradient_norm, norm(g), 1e-14);
  EXPECT_TRUE(found.converged);
  EXPECT_NEAR(found.largest, oracle()["largest"][0], 1e-10);
  EXPECT_LE(found.largest_off, 1e-8);
  const Sampled trace = estimate_trace(hessian(net, w), w.size(), 40, 3);
  EXPECT_EQ(found.trace.mean, trace.mean);
  EXPECT_EQ(found.trace.standard_error, trace.standard_error);
  EXPECT_NEAR(found.worst_rise, oracle()["worst_rise"]["0.5"], 1e-6);
  EXPECT_EQ(found.average_rise.mean, average_case_sharpness(net, w, 0.5, 50, 3).mean);
}

TEST(Sharpness, of_a_task_without_examples_is_refused) {
  const auto task = kRosenbrock.load({});
  const auto problem = task->begin(1, 1);
  EXPECT_TRUE(contains(message_of([&] { measure_sharpness(*problem, 10); }), "this task has none"));
}

// ---- slices ---------------------------------------------------------------------------------------------------------

TEST(Slices, along_a_line_meet_both_ends_exactly) {
  TinyNet net;
  const Numbers a = wave(net.size(), 1), b = wave(net.size(), 3);
  const Line line = loss_along_line(net, a, b, {.from = -0.5, .to = 1.5, .points = 5});
  EXPECT_EQ(line.t, (Numbers{-0.5, 0, 0.5, 1, 1.5}));
  EXPECT_EQ(line.loss[1], net.loss(a));
  EXPECT_EQ(line.loss[3], net.loss(b));
}

TEST(Slices, over_a_plane_hold_both_points_and_a_direction_of_normalized_filters) {
  Bowl bowl(Numbers(10, 2), Numbers(10));
  const Parameters parameters{{"weight", {2, 2, 2}}, {"bias", {2}}};
  const Numbers a = wave(10, 1), b = wave(10, 2);
  const Plane plane = plane_through(a, b, parameters, 1);
  for (const std::size_t filter : {0U, 4U}) {
    const std::span<const double> its(plane.second.data() + filter, 4), own(a.data() + filter, 4);
    EXPECT_NEAR(norm(its), norm(own), 1e-14);
  }
  EXPECT_EQ(plane.second[8], 0);
  EXPECT_EQ(plane.second[9], 0);
  const Surface surface = loss_over_plane(bowl, plane, {.points = 2}, {.from = -1, .to = 1, .points = 3});
  EXPECT_EQ(surface.s, (Numbers{0, 1}));
  EXPECT_EQ(surface.t, (Numbers{-1, 0, 1}));
  EXPECT_EQ(surface.loss[0][1], bowl.loss(a));
  EXPECT_NEAR(surface.loss[1][1], bowl.loss(b), 1e-14);
  Numbers corner(10);
  for (std::size_t i = 0; i < 10; ++i) corner[i] = b[i] - plane.second[i];
  EXPECT_NEAR(surface.loss[1][0], bowl.loss(corner), 1e-13);
}

TEST(Slices, of_other_sizes_than_the_parameters_are_refused) {
  Bowl bowl({1, 2}, {0, 0});
  const Parameters two{{"x", {2, 1}}};
  EXPECT_TRUE(contains(message_of([&] { loss_along_line(bowl, Numbers(2), Numbers(3), {}); }), "of 2 and 3"));
  EXPECT_TRUE(contains(message_of([&] { loss_along_line(bowl, Numbers(2), Numbers(2), {.points = 1}); }),
                       "an axis of 1 points"));
  EXPECT_TRUE(contains(message_of([&] { filter_normalized(Numbers(3), Numbers(3), two); }),
                       "more than the 2 of all"));
  EXPECT_TRUE(
      contains(message_of([&] { filter_normalized(Numbers(1), Numbers(1), two); }), "1 numbers are fewer"));
}

// ---- draws ----------------------------------------------------------------------------------------------------------

TEST(NormalDraws, have_the_moments_of_their_distribution) {
  Draws draws(1);
  constexpr int kCount = 200000;
  double sum = 0, squares = 0, fourths = 0, signs = 0;
  for (int i = 0; i < kCount; ++i) {
    const double z = draws.normal();
    sum += z;
    squares += z * z;
    fourths += z * z * z * z;
    signs += draws.sign();
  }
  EXPECT_NEAR(sum / kCount, 0, 0.01);
  EXPECT_NEAR(squares / kCount, 1, 0.02);
  EXPECT_NEAR(fourths / kCount, 3, 0.1);
  EXPECT_NEAR(signs / kCount, 0, 0.01);
}

}  // namespace
}  // namespace gradus::lab
