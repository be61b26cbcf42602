#include "lab/report/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

namespace gradus::lab {
namespace {

/// What SciPy says: golden/statistics.py
const nlohmann::json& golden() {
  static const nlohmann::json kGolden =
      nlohmann::json::parse(std::ifstream(GRADUS_TESTS "/lab/report/golden/statistics.json"));
  return kGolden;
}

std::vector<double> numbers(const nlohmann::json& json) { return json.get<std::vector<double>>(); }

TEST(Statistics, an_interval_is_t_times_the_standard_error) {
  const Estimate e = estimate(std::vector{1.0, 2.0, 3.0});
  EXPECT_DOUBLE_EQ(e.mean, 2);
  EXPECT_NEAR(e.half_width, 4.302653 / std::sqrt(3), 1e-6);
  EXPECT_EQ(e.n, 3);
}

TEST(Statistics, one_value_has_a_mean_and_no_interval) {
  const Estimate e = estimate(std::vector{5.0});
  EXPECT_EQ(e.mean, 5);
  EXPECT_TRUE(std::isnan(e.half_width));
  EXPECT_TRUE(std::isnan(estimate({}).mean));
}

TEST(Statistics, a_run_that_blew_up_is_not_left_out_of_the_mean) {
  EXPECT_TRUE(std::isnan(estimate(std::vector{1.0, std::numeric_limits<double>::infinity(), 3.0}).mean));
  EXPECT_TRUE(std::isnan(estimate(std::vector{1.0, kNotMeasured}).mean));
  EXPECT_TRUE(std::isnan(difference(std::vector{1.0, kNotMeasured}, std::vector{1.0, 2.0}).mean));
}

TEST(Statistics, another_variance_widens_the_interval_as_satterthwaite_says) {
  ASSERT_EQ(golden()["with_other"].size(), 2U);
  for (const auto& g : golden()["with_other"]) {
    const Estimate e =
        estimate(numbers(g["values"]), {g["variance"].get<double>(), g["degrees"].get<double>()});
    EXPECT_NEAR(e.mean, g["mean"].get<double>(), 1e-12);
    EXPECT_NEAR(e.half_width, g["half_width"].get<double>(), 1e-9);
  }
}

TEST(Statistics, differences_are_scipys_by_pairs_and_by_welch) {
  int paired = 0;
  for (const auto& g : golden()["differences"]) {
    const Difference d = difference(numbers(g["a"]), numbers(g["b"]));
    EXPECT_EQ(d.paired, g["paired"].get<bool>());
    EXPECT_NEAR(d.mean, g["mean"].get<double>(), 1e-12);
    EXPECT_NEAR(d.half_width, g["half_width"].get<double>(), 1e-9);
    EXPECT_NEAR(d.p, g["p"].get<double>(), 1e-9);
    paired += d.paired ? 1 : 0;
  }
  EXPECT_GT(paired, 0);
  EXPECT_LT(paired, static_cast<int>(golden()["differences"].size()));
}

TEST(Statistics, one_pair_has_a_difference_and_no_probability) {
  const Difference d = difference(std::vector{3.0}, std::vector{1.0});
  EXPECT_EQ(d.mean, 2);
  EXPECT_TRUE(std::isnan(d.half_width) && std::isnan(d.p));
}

TEST(Statistics, what_is_the_same_in_every_run_has_no_doubt) {
  const Difference same = difference(std::vector{1.0, 2.0, 3.0}, std::vector{1.0, 2.0, 3.0});
  EXPECT_EQ(same.half_width, 0);
  EXPECT_EQ(same.p, 1);
  const Difference apart = difference(std::vector{2.0, 3.0, 4.0}, std::vector{1.0, 2.0, 3.0});
  EXPECT_EQ(apart.half_width, 0);
  EXPECT_EQ(apart.p, 0);
}

TEST(Statistics, holms_probabilities_rise_with_rank_and_stay_below_1) {
  for (const auto& g : golden()["holm"]) {
    const std::vector<double> adjusted = holm(numbers(g["p"])), expected = numbers(g["adjusted"]);
    ASSERT_EQ(adjusted.size(), expected.size());
    for (std::size_t i = 0; i < adjusted.size(); ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-15);
  }
}

TEST(Statistics, what_was_not_tested_is_not_corrected_for) {
  const std::vector<double> adjusted = holm(std::vector{0.02, kNotMeasured, 0.01});
  EXPECT_DOUBLE_EQ(adjusted[0], 0.02);
  EXPECT_TRUE(std::isnan(adjusted[1]));
  EXPECT_DOUBLE_EQ(adjusted[2], 0.02);
}

TEST(estimate, of_huge_numbers_has_a_mean_and_no_interval_that_is_none) {
  const std::vector<double> huge{1e200, 2e200, 3e200}, large{1e80, 2e80, 3e80};
  EXPECT_TRUE(std::isnan(estimate(huge).half_width));
  EXPECT_TRUE(std::isnan(difference(huge, large).p));
  const OtherVariance sum = OtherVariance{1e158, 2} + OtherVariance{1e158, 2};
  EXPECT_NEAR(sum.degrees, 4, 1e-9) << "as of variances of 1";
}

}  // namespace
}  // namespace gradus::lab
