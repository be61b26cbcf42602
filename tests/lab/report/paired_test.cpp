#include "lab/report/paired.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "small_race.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using test::contains;

const PairedQuestion& kTestLoss = paired_questions().front();

RaceResults race_of(const std::vector<std::vector<double>>& losses) {
  RaceResults results = small_race();
  for (std::size_t i = 0; i < losses.size(); ++i) {
    results.entries[i].runs.clear();
    for (std::size_t s = 0; s < losses[i].size(); ++s)
      results.entries[i].runs.push_back(run(s + 1, 0.9, losses[i][s]));
  }
  return results;
}

TEST(paired, a_difference_is_taken_seed_by_seed) {
  // The seeds scatter by 1, the entries differ by 0.1, 0.2 and 0.3 of a thousandth.
  RaceResults results = race_of({{1, 2, 3}, {1.0001, 2.0002, 3.0003}});
  std::swap(results.entries[1].runs[0], results.entries[1].runs[2]);  // whatever their order
  const Paired paired = compare(results, results.entries[0], kTestLoss)[1];
  EXPECT_EQ(paired.label, "near");
  EXPECT_NEAR(paired.value.mean, 2.0002, 1e-12);
  EXPECT_EQ(paired.difference.n, 3);
  EXPECT_NEAR(paired.difference.mean, 2e-4, 1e-12);
  EXPECT_NEAR(paired.difference.half_width, 4.302653 * 1e-4 / std::sqrt(3), 1e-9);
}

TEST(paired, only_seeds_that_both_have_finished_make_pairs) {
  RaceResults results = race_of({{1, 2, 3}, {2, 3, 4}});
  results.entries[0].runs.erase(results.entries[0].runs.begin());
  results.entries[1].runs[2].finished = false;
  const Paired paired = compare(results, results.entries[0], kTestLoss)[1];
  EXPECT_EQ(paired.difference.n, 1);
  EXPECT_EQ(paired.difference.mean, 1);
  EXPECT_TRUE(std::isnan(paired.difference.half_width));
}

TEST(paired, a_run_that_diverged_is_not_left_out) {
  RaceResults results = race_of({{1, 2, 3}, {1, 2, 3}});
  lab::Run& lost = results.entries[1].runs[1];
  lost.diverged = true;
  lost.final_test_loss = lost.final_test_accuracy = kNotMeasured;
  for (const PairedQuestion& question : paired_questions())
    EXPECT_TRUE(std::isnan(compare(results, results.entries[0], question)[1].difference.mean))
        << question.title;
}

TEST(paired, effective_rates_differ_by_the_logarithm_of_their_ratio) {
  RaceResults results = small_race();
  for (Entry& entry : results.entries) {
    for (lab::Run& r : entry.runs) r.effective_rates.clear();
    if (entry.label != "poor") give_effective_rates(entry);
  }
  for (lab::Run& r : results.entries[1].runs)
    for (LayerRates& layer : r.effective_rates)
      for (Quantiles& quantiles : layer.by_epoch) quantiles[2] *= 1.02;
  const std::vector<Paired> all = compare(results, results.entries[0], paired_questions().back());
  EXPECT_NEAR(all[0].value.mean, std::log(4e-3), 1e-12);
  EXPECT_NEAR(all[1].difference.mean, std::log(1.02), 1e-12);
  EXPECT_TRUE(std::isnan(all[2].difference.mean)) << "a rule that has none";
}

TEST(paired, the_text_says_whether_0_is_within) {
  const RaceResults results = race_of({{1, 2, 3}, {1.1, 1.9, 3.05}, {1.5, 2.501, 3.499}});
  const std::string text = comparison_text(results, results.entries[0]);
  EXPECT_TRUE(contains(text, "Differences to fast, paired by seed"));
  EXPECT_TRUE(contains(text, "0 is within\n"));
  EXPECT_TRUE(contains(text, "poor                    2.50000      3  +0.50000 ± 0.00248  0 is outside\n"))
      << text;
}

}  // namespace
}  // namespace gradus::lab
