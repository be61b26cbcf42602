#include "lab/claims/looks.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "lab/claims/plain_runs.hpp"

namespace gradus::lab {
namespace {

/// Loss, then four numbers, at each of three looks.
Run run() {
  Run run;
  run.probed = {{4, 1, 1, 1, 1}, {1, 100, 10, 1, 0.1}, {0.5, 100, 10, 1, 0.1}};
  run.test_metric = {0.5, 0.7, 0.8};
  return run;
}

TEST(Looks, numbers_at_a_loss_are_interpolated_in_logarithms) {
  const auto look = at_loss(run(), 2);
  ASSERT_TRUE(look);
  EXPECT_NEAR(look->largest, 10, 1e-9);
  EXPECT_NEAR(look->trace, std::sqrt(10), 1e-9);
  EXPECT_NEAR(look->average_rise, std::sqrt(0.1), 1e-9);
  EXPECT_NEAR(look->test_metric, 0.6, 1e-9);
  EXPECT_NEAR(at_loss(run(), 0.5)->largest, 100, 1e-9) << "where it ends";
}

TEST(Looks, a_run_that_never_comes_down_or_begins_below_has_none) {
  EXPECT_FALSE(at_loss(run(), 0.4));
  EXPECT_FALSE(at_loss(run(), 4));
}

TEST(RankCorrelation, is_of_ranks_and_of_finite_pairs) {
  const std::vector<double> a{1, 2, 3, 4, 5, 100, NAN};
  EXPECT_NEAR(rank_correlation(a, {1, 4, 9, 16, 25, 36, 0}), 1, 1e-12);
  EXPECT_NEAR(rank_correlation(a, {6, 5, 4, 3, 2, 1, 0}), -1, 1e-12);
  // SciPy's spearmanr([1, 2, 3, 4, 5, 100], [2, 2, 1, 5, 5, 3])
  EXPECT_NEAR(rank_correlation(a, {2, 2, 1, 5, 5, 3, 0}), 0.6179143806533246, 1e-12);
  EXPECT_TRUE(std::isnan(rank_correlation({1, 2, 3, 4, 5}, {1, 2, 3, 4, 5}))) << "too few";
}

}  // namespace
}  // namespace gradus::lab
