#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "rules/table.hpp"
#include "support/gradients.hpp"

namespace gradus::test {
namespace {

template <class T>
void expect_finite_after(const RuleRow& row, T gradient) {
  Bench<T> bench(row.rule, {shape_for(row)});
  for (int i = 0; i < 12; ++i) {  // soap's basis changes after ten
    std::fill(bench.g[0].begin(), bench.g[0].end(), gradient);
    EXPECT_EQ(bench.optimizer.step().status, Status::applied);
  }
  for (const T x : bench.x[0]) ASSERT_TRUE(std::isfinite(x)) << "gradient " << gradient;
}

class Finite : public testing::TestWithParam<RuleRow> {};

// Seen elsewhere: a zero gradient gave 0 / 0.
TEST_P(Finite, for_zero_gradients) {
  expect_finite_after<float>(GetParam(), 0);
  expect_finite_after<double>(GetParam(), 0);
}

// Seen elsewhere: a root that is zero or denormal, and eps added in the wrong place.
TEST_P(Finite, for_tiny_gradients) {
  for (const float g : {1e-19F, 1e-23F, std::numeric_limits<float>::denorm_min()})
    expect_finite_after<float>(GetParam(), g);
  for (const double g : {1e-155, 1e-162, std::numeric_limits<double>::denorm_min()})
    expect_finite_after<double>(GetParam(), g);
}

TEST_P(Finite, for_twenty_thousand_steps) {
  Bench<float> bench(GetParam().rule, {shape_for(GetParam())});
  for (int i = 0; i < 20000; ++i) {
    if (i % 100 == 0) bench.draw(static_cast<std::uint64_t>(i));
    bench.optimizer.step();
  }
  for (const float x : bench.x[0]) ASSERT_TRUE(std::isfinite(x));
}

/// Arrays that hold a denormal.
template <class T>
std::string denormals_after_zero_gradients(const RuleRow& row) {
  Bench<T> bench(row.rule, {row.matrices_only ? Shape{4, 5} : Shape{5, 20}});
  for (int i = 0; i < 16; ++i) bench.step(static_cast<std::uint64_t>(i));
  for (auto& element : bench.g[0]) element = 0;
  for (int i = 0; i < 2000; ++i) bench.optimizer.step();  // the last one flushes
  std::string found;
  std::vector<std::string> arrays = bench.optimizer.slots(bench.ids[0]);
  arrays.resize(arrays_of(row.rule));
  for (const std::string& slot : arrays)
    for (const double x : bench.optimizer.state(bench.ids[0], slot).decode())
      if (x != 0 && std::abs(x) < static_cast<double>(std::numeric_limits<T>::min())) {
        found += slot + ' ';
        break;
      }
  return found;
}

// Moments of a gradient that has become 0 decayed into denormals and stayed there, 15 times slower.
TEST_P(Finite, without_denormals_after_two_thousand_zero_gradients) {
  EXPECT_EQ(denormals_after_zero_gradients<float>(GetParam()), "");
  EXPECT_EQ(denormals_after_zero_gradients<double>(GetParam()), "");
}

INSTANTIATE_TEST_SUITE_P(rule, Finite, testing::ValuesIn(rules()),
                         [](const auto& row) { return row.param.name; });

// The variance v - a^2 of a constant gradient is 0, and rounding may leave it below.
TEST(RMSPropCentered, survives_a_constant_gradient) {
  for (const float g : {0.1F, 0.3F, 1.7F, 12345.678F}) {
    Bench<float> bench(RMSPropCentered{.alpha = 0.5}, {{16}});
    for (int i = 0; i < 200; ++i) {
      std::fill(bench.g[0].begin(), bench.g[0].end(), g);
      bench.optimizer.step();
    }
    for (const float x : bench.x[0]) ASSERT_FALSE(std::isnan(x)) << g;
  }
}

// As at the end of a schedule: the rate that it would switch to was lambda / 0.
TEST(SWATS, survives_a_learning_rate_of_zero) {
  Bench<float> bench(SWATS{.lr = Linear{.from = 1e-3, .to = 0, .steps = 20}, .beta2 = 0.9}, {{8}});
  for (int i = 0; i < 300; ++i) bench.step(static_cast<std::uint64_t>(i));
  for (const float x : bench.x[0]) ASSERT_TRUE(std::isfinite(x));
}

// The matrices are as large as they were made, whatever is set since.
TEST(SOAP, keeps_its_bases_when_the_longest_side_is_set_to_another) {
  Bench<float> before(SOAP{}, {{24, 24}}), after(SOAP{}, {{24, 24}});
  after.optimizer.set(GroupId{0}, "max_precond_dim", 0.0);
  for (int i = 0; i < 12; ++i) {
    before.step(static_cast<std::uint64_t>(i));
    after.step(static_cast<std::uint64_t>(i));
  }
  EXPECT_EQ(before.x, after.x);
}

// Slots before the matrix link are kept by the first of two sweeps.
TEST(Muon, flushes_denormals_from_a_coded_momentum) {
  std::vector<float> x(20, 1.0F), g(20, 1.2e-37F);
  Optimizer optimizer(Muon{},
                      {.state = {.dtype = State::bf16, .rounding = Rounding::nearest, .from_size = 0}});
  const ParameterId id = optimizer.add("x", {4, 5}, x, g);
  optimizer.step();
  std::fill(g.begin(), g.end(), 0.0F);
  for (int i = 1; i < 80; ++i) optimizer.step();
  EXPECT_EQ(optimizer.state(id, "momentum_buffer").decode(), std::vector<double>(20));
}

/// Where the farthest of elements near 1 is after 1000 steps towards 0, if one gradient in 256 is a thousand
/// times larger than the others.
float farthest_after(const AnyRule& rule, State state) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> noise(9973);  // a prime number: each step has them elsewhere
  for (float& element : noise) element = normal(random);
  std::vector<float> x(noise.begin(), noise.begin() + 4096), g(4096);
  Optimizer optimizer(rule, {.state = {.dtype = state}});
  optimizer.add("x", {64, 64}, x, g);
  for (int i = 0; i < 1000; ++i) {
    for (std::size_t k = 0; k < x.size(); ++k)
      g[k] = (k % 256 == 0 ? 1.0F : 1e-3F) *
             (x[k] + 0.3F * noise[(static_cast<std::size_t>(i) * 4099 + k) % noise.size()]);
    optimizer.step();
  }
  float farthest = 0;
  for (const float element : x)
    farthest = std::isfinite(element) ? std::max(farthest, std::abs(element))
                                      : std::numeric_limits<float>::infinity();
  return farthest;
}

// By the dynamic map v became 0 beside a v that was a million times larger: x went to 29 and
// farther. The variance v - a^2 of rounded means was nothing but rounding: x became infinite.
TEST(SmallStates, do_not_throw_elements_far_away) {
  for (const char* rule : {"adam", "amsgrad", "swats", "prodigy", "schedule_free_adamw", "rmsprop_centered",
                           "rmsprop_centered_momentum"})
    for (const State state : {State::plain, State::bf16, State::block8, State::dynamic8})
      EXPECT_LT(farthest_after(make_rule(rule), state), 6) << rule << ' ' << static_cast<int>(state);
}

}  // namespace
}  // namespace gradus::test
