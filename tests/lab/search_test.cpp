#include "lab/race/search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "gradus/core/error.hpp"
#include "gradus/registry.hpp"

namespace gradus::lab {
namespace {

TuningPlan plan(std::vector<std::uint64_t> seeds = {1, 2, 3}) {
  return {.tuned = {"lr"}, .trials = 5, .screening_steps = 25, .steps = 100, .seeds = std::move(seeds)};
}
Search search_for(const char* rule, TuningPlan p = plan()) {
  Space space(make_rule(rule), p.tuned);
  return Search(std::move(space), std::move(p));
}

using Scorer = std::function<Score(const Point&, const Search::Ask&)>;

/// Runs the search to its end; everything that it asked for.
std::vector<Search::Ask> exhaust(Search& search, const Scorer& score) {
  std::vector<Search::Ask> all;
  for (std::vector<Search::Ask> asks = search.next(); !asks.empty(); asks = search.next())
    for (const Search::Ask& ask : asks) {
      search.record(ask, score(search.space().at(ask.number), ask));
      all.push_back(ask);
    }
  EXPECT_TRUE(search.done());
  return all;
}

/// Lowest at the given rate, higher with each decade away from it.
Scorer valley_at(double best) {
  return [best](const Point& point, const Search::Ask&) {
    return Score{.loss = 1 + std::fabs(std::log10(point.at("lr") / best))};
  };
}

int count_of(const std::vector<Search::Ask>& asks, bool screening) {
  return static_cast<int>(std::ranges::count(asks, screening, &Search::Ask::screening));
}

TEST(Search, screens_then_trains_three_to_the_end_and_two_of_them_with_all_seeds) {
  Search search = search_for("adam");
  const std::vector<Search::Ask> asks = exhaust(search, valley_at(1e-3));
  EXPECT_EQ(count_of(asks, true), 5);
  EXPECT_EQ(count_of(asks, false), 3 + 2 * 2);
  for (const Search::Ask& ask : asks) EXPECT_TRUE(!ask.screening || ask.seed == 1);
  EXPECT_DOUBLE_EQ(search.chosen()->at("lr"), 1e-3);
  EXPECT_TRUE(search.at_edge().empty());
}

TEST(Search, begins_with_the_neighbours_of_where_users_start) {
  Search search = search_for("adam");
  std::vector<double> rates;
  for (const Search::Ask& ask : search.next()) rates.push_back(search.space().at(ask.number).at("lr"));
  EXPECT_EQ(rates,
            (std::vector<double>{grid_rate(-8), grid_rate(-7), grid_rate(-6), grid_rate(-5), grid_rate(-4)}));
  EXPECT_TRUE(search.next().empty()) << "all scores are still to come";
  EXPECT_FALSE(search.done());
}

TEST(Search, the_grid_grows_while_the_best_is_first_or_last) {
  for (const double best : {1e-6, 1.0}) {
    Search search = search_for("adam");
    EXPECT_EQ(count_of(exhaust(search, valley_at(best)), true), 5 + Search::kMostExtensions);
  }
  Search search = search_for("adam");
  exhaust(search, valley_at(1e-9));
  EXPECT_EQ(search.at_edge(), std::vector<std::string>{"lr"});
}

// What LAMB did: the rate that is best for a quarter of the steps collapses in the whole.
TEST(Search, a_rate_that_collapses_later_is_not_chosen) {
  Search search = search_for("adam");
  const std::vector<Search::Ask> asks = exhaust(search, [](const Point& point, const Search::Ask& ask) {
    if (!ask.screening && point.at("lr") > 5e-4) return Score{.loss = 9};
    return valley_at(1e-2)(point, ask);
  });
  EXPECT_DOUBLE_EQ(search.chosen()->at("lr"), grid_rate(-7));
  EXPECT_GT(count_of(asks, false), 7) << "the grid of whole trainings grew downwards";
}

TEST(Search, of_two_that_seeds_do_not_tell_apart_the_lower_rate_is_chosen) {
  const auto noisy = [](double gap) {
    return [gap](const Point& point, const Search::Ask& ask) {
      const int k = static_cast<int>(std::lround(2 * std::log10(point.at("lr"))));
      const double noise[] = {0, 0.01, -0.012, 0.002};
      if (k == -6) return Score{.loss = 1 + (ask.screening ? 0 : noise[ask.seed])};
      if (k == -5) return Score{.loss = 1 - gap};
      return Score{.loss = 2};
    };
  };
  Search within = search_for("adam"), beyond = search_for("adam");
  exhaust(within, noisy(0.004));
  exhaust(beyond, noisy(0.05));
  EXPECT_DOUBLE_EQ(within.chosen()->at("lr"), 1e-3);
  EXPECT_DOUBLE_EQ(beyond.chosen()->at("lr"), grid_rate(-5));
  EXPECT_GT(within.selection().size(), 1U) << "other seeds would have chosen otherwise";
  ASSERT_EQ(beyond.selection().size(), 1U);
  EXPECT_EQ(beyond.selection()[0].share, 1);
}

TEST(Search, shares_of_the_selection_are_of_all_ways_to_draw_the_seeds) {
  Search search = search_for("adam", plan({1, 2}));
  // Seed 1 is for the higher rate, seed 2 for the lower one, by more.
  exhaust(search, [](const Point& point, const Search::Ask& ask) {
    const int k = static_cast<int>(std::lround(2 * std::log10(point.at("lr"))));
    if (k == -6) return Score{.loss = ask.seed == 1 ? 1.1 : 1.0};
    if (k == -5) return Score{.loss = ask.seed == 1 ? 1.0 : 1.5};
    return Score{.loss = 2};
  });
  ASSERT_EQ(search.selection().size(), 2U);
  EXPECT_DOUBLE_EQ(search.selection()[0].share, 0.75) << "but for seed 1 twice";
  EXPECT_DOUBLE_EQ(search.chosen()->at("lr"), 1e-3);
}

TEST(Search, looks_lower_when_everything_diverges_and_then_chooses_nothing) {
  Search search = search_for("adam");
  const auto asks = exhaust(search, [](const Point&, const Search::Ask&) { return Score{.diverged = true}; });
  EXPECT_EQ(count_of(asks, true), 5 + Search::kMostExtensions);
  EXPECT_EQ(count_of(asks, false), 0);
  EXPECT_FALSE(search.chosen());
  EXPECT_TRUE(search.selection().empty());
}

TEST(Search, a_point_that_diverges_with_another_seed_loses) {
  Search search = search_for("adam");
  exhaust(search, [](const Point& point, const Search::Ask& ask) {
    if (ask.seed == 3 && point.at("lr") > 9e-4) return Score{.diverged = true};
    return valley_at(1e-3)(point, ask);
  });
  EXPECT_LT(search.chosen()->at("lr"), 9e-4);
}

TEST(Search, without_screening_every_trial_is_whole) {
  TuningPlan whole = plan({7});
  whole.screening_steps = whole.steps;
  Search search = search_for("sgd", whole);
  const auto asks = exhaust(search, valley_at(0.3));
  EXPECT_EQ(count_of(asks, true), 0);
  EXPECT_EQ(asks.size(), 5U);
  EXPECT_DOUBLE_EQ(search.chosen()->at("lr"), grid_rate(-1));
}

TEST(Search, asks_for_what_it_said_was_outstanding) {
  for (const bool screens : {true, false}) {
    TuningPlan p = plan();
    if (!screens) p.screening_steps = p.steps;
    Search search = search_for("adam", p);
    const std::int64_t said = search.outstanding_steps();
    std::int64_t steps = 0;
    for (const Search::Ask& ask : exhaust(search, valley_at(1e-3))) steps += ask.screening ? 25 : 100;
    EXPECT_EQ(steps, said) << screens;
    EXPECT_EQ(search.outstanding_steps(), 0);
  }
}

TEST(Space, of_several_hyperparameters_is_filled_evenly_within_its_ranges) {
  const Space space(make_rule("adam"), {"lr", "beta1", "beta2"});
  EXPECT_FALSE(space.is_grid());
  EXPECT_EQ(space.text(), "lr from 3.16e-05 to 0.0316228, beta1 from 0.5 to 0.98, beta2 from 0.9 to 0.9999");
  std::set<double> rates;
  int low = 0;
  for (const int number : space.first(64)) {
    const Point point = space.at(number);
    ASSERT_EQ(point.size(), 3U);
    rates.insert(point.at("lr"));
    low += point.at("lr") < 1e-3 ? 1 : 0;
    EXPECT_GE(point.at("lr"), 3.1e-5);
    EXPECT_LE(point.at("lr"), 3.2e-2);
    EXPECT_GE(point.at("beta1"), 0.5);
    EXPECT_LE(point.at("beta1"), 0.98 + 1e-12);
    EXPECT_GE(point.at("beta2"), 0.9);
    EXPECT_LE(point.at("beta2"), 0.9999);
    EXPECT_EQ(space.at(number), point) << "always the same";
  }
  EXPECT_EQ(rates.size(), 64U);
  EXPECT_NEAR(low, 32, 1);
}

TEST(Space, what_has_no_range_is_refused_with_those_that_have_one) {
  try {
    const Space space(make_rule("lamb"), {"max_trust"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("max_trust"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("beta1"), std::string::npos);
  }
}

}  // namespace
}  // namespace gradus::lab
