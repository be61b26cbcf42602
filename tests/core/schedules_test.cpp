#include "gradus/schedules/schedules.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "gradus/core/error.hpp"

// That they are PyTorch's is checked along golden trajectories (rules/golden_test.cpp).

namespace gradus::test {
namespace {

TEST(Cosine, is_within_an_ulp_of_the_closed_form) {
  const Cosine schedule{.from = 1, .to = 0, .steps = 997};
  for (std::int64_t t = 0; t <= 997; ++t) {
    const double exact = (1 + std::cos(std::acos(-1.0) * static_cast<double>(t) / 997)) / 2;
    EXPECT_NEAR(schedule(t), exact, 4e-16) << t;
  }
}

TEST(Schedules, begin_where_they_should_and_stay_at_their_end) {
  EXPECT_EQ((Cosine{.from = 0.5, .to = 0.1, .steps = 10})(0), 0.5);
  EXPECT_EQ((Cosine{.from = 0.5, .to = 0.1, .steps = 10})(10), 0.1);
  EXPECT_EQ((Cosine{.from = 0.5, .to = 0.1, .steps = 10})(1'000'000'000'000), 0.1);
  EXPECT_EQ((Linear{.from = 0, .to = 0.3, .steps = 3})(0), 0);
  EXPECT_EQ((Linear{.from = 0, .to = 0.3, .steps = 3})(3), 0.3);
  EXPECT_EQ((Linear{.from = 0, .to = 0.3, .steps = 0})(0), 0.3);
  EXPECT_EQ((Staircase{.from = 1, .gamma = 0.5, .every = 10})(9), 1);
  EXPECT_EQ((Staircase{.from = 1, .gamma = 0.5, .every = 10})(25), 0.25);
  EXPECT_EQ((Exponential{.from = 2, .gamma = 0.5})(3), 0.25);
  EXPECT_EQ((InverseTime{.from = 1, .decay = 0.5})(2), 0.5);
}

TEST(Joined, hands_over_after_its_steps_and_counts_anew) {
  const auto schedule =
      Joined{Linear{.from = 0, .to = 1, .steps = 4}, 4, Exponential{.from = 1, .gamma = 0.5}};
  EXPECT_EQ(schedule(2), 0.5);
  EXPECT_EQ(schedule(4), 1);
  EXPECT_EQ(schedule(6), 0.25);
}

TEST(Schedules, of_no_length_are_refused_when_they_are_given) {
  EXPECT_THROW(Hyper(Staircase{.every = 0}), Error);
  EXPECT_THROW(Hyper(Staircase{.every = -1}), Error);
  EXPECT_THROW(Hyper(Linear{.steps = -1}), Error);
  EXPECT_THROW(Hyper(Cosine{.steps = -1}), Error);
  EXPECT_THROW(Hyper(Joined{Constant{1}, -1, Constant{2}}), Error);
  EXPECT_THROW(Hyper(Schedule{}), Error);
}

}  // namespace
}  // namespace gradus::test
