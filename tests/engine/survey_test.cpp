#include "gradus/engine/survey.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/gradients.hpp"

namespace gradus::test {
namespace {

TEST(Survey, has_the_same_bits_on_every_instruction_set) {
  for (const std::size_t n : {0UL, 1UL, 15UL, 16UL, 17UL, 1000UL}) {
    const auto g = noise_array<float>(5, n);
    const auto d = noise_array<double>(5, n);
    const engine::Survey baseline = engine::survey_for(Isa::baseline, Dtype::f32);
    const engine::Survey wide = engine::survey_for(Isa::baseline, Dtype::f64);
    for (const Isa isa : available_isas()) {
      const engine::Survey look = engine::survey_for(isa, Dtype::f32),
                           look64 = engine::survey_for(isa, Dtype::f64);
      EXPECT_EQ(look.squares(n, g.data(), 0.1), baseline.squares(n, g.data(), 0.1));
      EXPECT_EQ(look64.squares(n, d.data(), 0.1), wide.squares(n, d.data(), 0.1));
      EXPECT_EQ(look.largest(n, g.data()), baseline.largest(n, g.data()));
      EXPECT_TRUE(std::isfinite(look.largest(n, g.data())));
      EXPECT_TRUE(std::isfinite(look64.largest(n, d.data())));
    }
  }
}

template <class T>
void expect_found(Dtype dtype) {
  using Limits = std::numeric_limits<T>;
  for (const Isa isa : available_isas()) {
    const engine::Survey look = engine::survey_for(isa, dtype);
    for (std::size_t place = 0; place < 37; ++place) {
      std::vector<T> g(37, Limits::max());
      EXPECT_EQ(look.largest(g.size(), g.data()), static_cast<double>(Limits::max()));
      for (const T bad : {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(), -Limits::quiet_NaN(),
                          Limits::signaling_NaN()}) {
        g[place] = bad;
        EXPECT_FALSE(std::isfinite(look.largest(g.size(), g.data()))) << place << ' ' << bad;
      }
    }
  }
}

TEST(Survey, finds_every_kind_of_non_finite_number_at_every_place) {
  expect_found<float>(Dtype::f32);
  expect_found<double>(Dtype::f64);
}

}  // namespace
}  // namespace gradus::test
