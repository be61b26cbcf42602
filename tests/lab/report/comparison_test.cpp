#include "lab/report/comparison.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "lab/report/measures.hpp"
#include "small_race.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using test::contains;

RaceResults race_of_losses(const std::vector<std::vector<double>>& losses) {
  RaceResults results = small_race();
  for (std::size_t i = 0; i < losses.size(); ++i) {
    results.entries[i].runs.clear();
    for (std::size_t s = 0; s < losses[i].size(); ++s)
      results.entries[i].runs.push_back(run(s + 1, 0.9, losses[i][s]));
  }
  return results;
}

Measure measure(const RaceResults& results, std::string_view name) {
  const std::vector<Measure> all = measures(results.settings);
  return *std::ranges::find(all, name, &Measure::name);
}

TEST(Comparison, a_difference_is_taken_seed_by_seed) {
  // The seeds scatter by 1, the entries differ by 0.1, 0.2 and 0.3 of a thousandth.
  RaceResults results = race_of_losses({{1, 2, 3}, {1.0001, 2.0002, 3.0003}});
  std::swap(results.entries[1].runs[0], results.entries[1].runs[2]);  // whatever their order
  const Difference d =
      compare(measure(results, "test_loss"), results.entries[1], results.entries[0], results.settings);
  EXPECT_NEAR(d.mean, 2e-4, 1e-12);
  EXPECT_NEAR(d.half_width, 4.302653 * 1e-4 / std::sqrt(3), 1e-9);
  EXPECT_TRUE(d.paired);
}

TEST(Comparison, only_seeds_that_both_have_finished_make_pairs) {
  RaceResults results = race_of_losses({{1, 2, 3}, {2, 3, 4}});
  results.entries[0].runs.erase(results.entries[0].runs.begin());
  results.entries[1].runs[2].finished = false;
  const Difference d =
      compare(measure(results, "test_loss"), results.entries[1], results.entries[0], results.settings);
  EXPECT_EQ(d.mean, 1);
  EXPECT_TRUE(std::isnan(d.half_width));
}

TEST(Comparison, a_run_that_diverged_is_not_left_out) {
  RaceResults results = race_of_losses({{1, 2, 3}, {1, 2, 3}});
  results.entries[1].runs[1].diverged = true;
  for (const Measure& m : measures(results.settings))
    EXPECT_TRUE(std::isnan(compare(m, results.entries[1], results.entries[0], results.settings).mean))
        << m.name;
}

TEST(Comparison, effective_rates_differ_by_the_logarithm_of_their_ratio) {
  RaceResults results = small_race();
  give_layers(results.entries[1]);
  for (lab::Run& r : results.entries[1].runs)
    for (LayerSteps& layer : r.layers)
      for (Quantiles& quantiles : layer.effective_rates) quantiles[2] *= 1.02;
  const Measure rate = measure(results, "log_effective_rate");
  EXPECT_NEAR(mean_of(rate, results.entries[0], results.settings).mean, std::log(4e-3), 1e-12);
  EXPECT_NEAR(compare(rate, results.entries[1], results.entries[0], results.settings).mean, std::log(1.02),
              1e-12);
  EXPECT_TRUE(std::isnan(compare(rate, results.entries[2], results.entries[0], results.settings).mean))
      << "a rule that has none";
}

TEST(Comparison, the_text_says_whether_0_is_within_and_at_which_points_entries_ran) {
  RaceResults results = race_of_losses({{1, 2, 3}, {1.1, 1.9, 3.05}, {1.5, 2.501, 3.499}});
  std::string text = comparison_text(results, results.entries[0]);
  EXPECT_TRUE(contains(text, "Differences to fast: means ± half widths"));
  EXPECT_TRUE(contains(text, "Tuned: fast 0.01; near 0.01; poor 0.01\n\n"));
  EXPECT_TRUE(contains(text, "\ntest loss\nfast  2.0000 ± 2.4841\n"));
  EXPECT_TRUE(contains(text, "near  2.0167 ± 2.4350   +0.8 ± 12.9%   0 is within, by pairs\n")) << text;
  EXPECT_TRUE(contains(text, "+25.0 ± 0.1%   0 is outside, by pairs\n"));
  results.entries[1].chosen = points({0.1});
  text = comparison_text(results, results.entries[0]);
  EXPECT_TRUE(contains(text, "They differ, and may be what makes a difference"));
}

}  // namespace
}  // namespace gradus::lab
