#include "lab/report/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "small_race.hpp"

namespace gradus::lab {
namespace {

TEST(statistics, quantiles_of_students_t_are_those_of_the_tables) {
  EXPECT_NEAR(student_t_quantile(0.975, 1), 12.706205, 1e-6);
  EXPECT_NEAR(student_t_quantile(0.975, 2), 4.302653, 1e-6);
  EXPECT_NEAR(student_t_quantile(0.975, 9), 2.262157, 1e-6);
  EXPECT_NEAR(student_t_quantile(0.975, 100000), 1.959988, 1e-6);
}

TEST(statistics, an_interval_is_t_times_the_standard_error) {
  const Estimate e = estimate(std::vector{1.0, 2.0, 3.0});
  EXPECT_DOUBLE_EQ(e.mean, 2);
  EXPECT_NEAR(e.half_width, 4.302653 / std::sqrt(3), 1e-6);
  EXPECT_EQ(e.n, 3);
}

TEST(statistics, one_value_has_a_mean_and_no_interval) {
  const Estimate e = estimate(std::vector{5.0});
  EXPECT_EQ(e.mean, 5);
  EXPECT_TRUE(std::isnan(e.half_width));
  EXPECT_TRUE(std::isnan(estimate({}).mean));
}

TEST(statistics, a_run_that_blew_up_is_not_left_out_of_the_mean) {
  EXPECT_TRUE(std::isnan(estimate(std::vector{1.0, kInfinity, 3.0}).mean));
  EXPECT_TRUE(std::isnan(estimate(std::vector{1.0, kNotMeasured}).mean));
}

}  // namespace
}  // namespace gradus::lab
