#include "lab/race/schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "gradus/core/error.hpp"

namespace gradus::lab {
namespace {

TEST(Schedule, every_one_stays_within_0_and_1_for_trainings_of_any_length) {
  for (const std::string& name : schedule_names())
    for (const std::int64_t steps : {1, 2, 3, 7, 1000})
      for (std::int64_t t = 0; t < steps; ++t) {
        const double factor = make_schedule(name, steps)(t);
        EXPECT_GE(factor, 0) << name << " of " << steps << " at " << t;
        EXPECT_LE(factor, 1) << name << " of " << steps << " at " << t;
      }
}

TEST(Schedule, has_the_shape_that_its_name_says) {
  EXPECT_EQ(make_schedule("constant", 100)(99), 1);
  EXPECT_NEAR(make_schedule("cosine", 100)(50), 0.5, 1e-12);
  EXPECT_NEAR(make_schedule("step", 90)(29), 1, 1e-12);
  EXPECT_NEAR(make_schedule("step", 90)(30), 0.1, 1e-12);
  EXPECT_NEAR(make_schedule("step", 90)(89), 0.01, 1e-12);
  EXPECT_NEAR(make_schedule("exponential", 100)(100), 0.01, 1e-12);
  const Schedule warmup = make_schedule("warmup-cosine", 100);
  EXPECT_LT(warmup(0), 0.2);
  EXPECT_GT(warmup(0), 0);
  EXPECT_NEAR(warmup(5), 1, 1e-12);
  EXPECT_LT(warmup(99), 0.01);
}

TEST(Schedule, an_unknown_one_is_refused) { EXPECT_THROW(make_schedule("cosin", 10), Error); }

}  // namespace
}  // namespace gradus::lab
