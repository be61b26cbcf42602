#include "lab/race/rate_search.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "gradus/core/error.hpp"

namespace gradus::lab {
namespace {

/// Runs the search to its end on a function of the rate, and tells how many trials it took.
int exhaust(RateSearch& search, const std::function<Score(double)>& score) {
  int trials = 0;
  for (std::vector<double> rates = search.next(); !rates.empty(); rates = search.next())
    for (const double rate : rates) {
      search.record(rate, score(rate));
      ++trials;
    }
  return trials;
}

/// Best at the given rate, less so with each decade away from it.
std::function<Score(double)> peak_at(double best) {
  return [best](double rate) { return Score{.accuracy = -std::fabs(std::log10(rate / best))}; };
}

TEST(RateSearch, begins_with_the_neighbours_of_the_nearest_grid_point) {
  RateSearch search(1.2e-3, 5);
  EXPECT_EQ(search.next(),
            (std::vector<double>{grid_rate(-8), grid_rate(-7), grid_rate(-6), grid_rate(-5), grid_rate(-4)}));
  EXPECT_TRUE(search.next().empty()) << "all scores are still to come";
  EXPECT_FALSE(search.done());
}

TEST(RateSearch, ends_there_when_the_best_is_within) {
  RateSearch search(1e-3, 5);
  EXPECT_EQ(exhaust(search, peak_at(3e-3)), 5);
  EXPECT_TRUE(search.done());
  EXPECT_DOUBLE_EQ(search.best().value(), std::pow(10, -2.5));
  EXPECT_FALSE(search.best_at_edge());
}

TEST(RateSearch, goes_on_while_the_best_is_at_an_edge) {
  RateSearch upwards(1e-3, 3), downwards(1e-3, 3);
  EXPECT_EQ(exhaust(upwards, peak_at(1e-2)), 5);
  EXPECT_DOUBLE_EQ(upwards.best().value(), 1e-2);
  EXPECT_EQ(exhaust(downwards, peak_at(1e-4)), 5);
  EXPECT_DOUBLE_EQ(downwards.best().value(), 1e-4);
  EXPECT_FALSE(downwards.best_at_edge());
}

TEST(RateSearch, gives_up_four_rates_beyond_its_grid) {
  RateSearch search(1e-3, 3);
  EXPECT_EQ(exhaust(search, peak_at(1e9)), 3 + RateSearch::kMostExtensions);
  EXPECT_TRUE(search.best_at_edge());
}

TEST(RateSearch, looks_lower_when_everything_diverges_and_then_has_no_best) {
  RateSearch search(1e-3, 3);
  EXPECT_EQ(exhaust(search, [](double) { return Score{.diverged = true}; }), 3 + RateSearch::kMostExtensions);
  EXPECT_FALSE(search.best());
  EXPECT_FALSE(search.best_at_edge());
  RateSearch lucky(1e-3, 3);
  exhaust(lucky, [](double rate) { return Score{.diverged = rate > 3e-5}; });
  EXPECT_LT(lucky.best().value(), 3e-5);
}

TEST(RateSearch, never_takes_a_rate_that_diverged_and_settles_ties_by_loss) {
  RateSearch search(1e-3, 3);
  exhaust(search, [](double rate) {
    return Score{.diverged = rate > 2e-3, .accuracy = 0.5, .loss = std::fabs(std::log10(rate) + 3)};
  });
  EXPECT_DOUBLE_EQ(search.best().value(), 1e-3);
}

TEST(RateSearch, does_not_depend_on_the_order_of_the_scores) {
  RateSearch forwards(1e-3, 5), backwards(1e-3, 5);
  const std::vector<double> rates = forwards.next();
  backwards.next();
  for (std::size_t i = 0; i < rates.size(); ++i) {
    forwards.record(rates[i], peak_at(1e-2)(rates[i]));
    const double other = rates[rates.size() - 1 - i];
    backwards.record(other, peak_at(1e-2)(other));
  }
  EXPECT_EQ(forwards.next(), backwards.next());
}

TEST(RateSearch, needs_a_middle) { EXPECT_THROW(RateSearch(1e-3, 4), Error); }

}  // namespace
}  // namespace gradus::lab
