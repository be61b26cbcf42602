#include "lab/report/summary.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "small_race.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using test::contains;

TEST(summary, names_the_winner_and_those_that_tie_with_it) {
  const RaceResults results = summarized(small_race());
  const Verdict& accuracy = verdict(results, "test_accuracy");
  EXPECT_EQ(accuracy.winner, "fast");
  EXPECT_EQ(accuracy.tied, std::vector<std::string>{"near"});
  EXPECT_FALSE(accuracy.conclusive);
  EXPECT_EQ(
      accuracy.sentence,
      "Best test accuracy: fast (88.20 ± 0.50%) ties with near (88.10 ± 0.50%); the 95% intervals overlap.");
}

TEST(summary, calls_a_victory_conclusive_when_the_intervals_are_apart) {
  RaceResults results = small_race();
  results.entries.erase(results.entries.begin() + 1);
  summarize(results);
  EXPECT_TRUE(verdict(results, "test_accuracy").conclusive);
  EXPECT_EQ(verdict(results, "test_accuracy").sentence,
            "Best test accuracy: fast (88.20 ± 0.50%), ahead of poor (84.10 ± 0.25%).");
}

TEST(summary, claims_nothing_from_one_seed) {
  RaceResults results = small_race();
  for (Entry& e : results.entries) e.runs.resize(1);
  summarize(results);
  const Verdict& accuracy = verdict(results, "test_accuracy");
  EXPECT_EQ(accuracy.winner, "fast");
  EXPECT_FALSE(accuracy.conclusive);
  EXPECT_TRUE(contains(accuracy.sentence, "no interval"));
}

TEST(summary, lowest_wins_where_less_is_better) {
  EXPECT_EQ(verdict(summarized(small_race()), "train_loss").winner, "near");
}

TEST(summary, the_target_is_what_every_rule_near_the_best_reaches) {
  RaceResults results = summarized(small_race());
  EXPECT_NEAR(results.target_accuracy, 0.84, 1e-12);
  results.entries[2] = entry("poor", {0.5, 0.5, 0.5}, 1.0);
  results.target_accuracy = kNotMeasured;
  summarize(results);
  EXPECT_NEAR(results.target_accuracy, 0.88, 1e-12);
  EXPECT_EQ(results.entries[2].summary.epochs_to_target.n, 0);
}

TEST(summary, epochs_to_the_target_are_read_off_the_straight_line_between_two) {
  RaceResults results = small_race();
  results.target_accuracy = 0.8775;
  summarize(results);
  const Estimate& epochs = results.entries[0].summary.epochs_to_target;  // 0.75, 0.55 and 0.35 of the way
  EXPECT_EQ(epochs.n, 3);
  EXPECT_NEAR(epochs.mean, 1.55, 1e-9);
}

TEST(summary, a_rule_that_reached_the_target_by_luck_of_the_seed_cannot_be_the_fastest) {
  RaceResults results = small_race();
  results.target_accuracy = 0.8805;
  results.entries[0].runs[1].test_accuracy = {0.9, 0.9};
  summarize(results);
  EXPECT_EQ(results.entries[0].summary.epochs_to_target.n, 2);
  EXPECT_EQ(verdict(results, "epochs_to_target").winner, "");
}

TEST(summary, sensitivity_is_the_mean_loss_at_both_neighbours) {
  RaceResults results = summarized(small_race());
  EXPECT_NEAR(results.entries[0].summary.lr_sensitivity, (0.05 + 0.10) / 2, 1e-12);
  results.entries[0].trials[2] = diverged_trial({0.1});
  summarize(results);
  EXPECT_NEAR(results.entries[0].summary.lr_sensitivity, (0.05 + 0.85) / 2, 1e-12);
}

TEST(summary, of_two_rules_in_a_row_no_rate_is_the_one_to_be_sensitive_to) {
  RaceResults results = small_race();
  Entry& two = results.entries[0];
  two.trials = {trial({0.0001}, 0.1),      trial({0.001}, 0.2),      trial({0.01}, 0.1),
                trial({0.001, 0.01}, 0.8), trial({0.001, 0.1}, 0.9), trial({0.001, 1}, 0.7)};
  two.chosen_lr = {0.001, 0.1};
  summarize(results);
  EXPECT_EQ(tuned_phase(two), 1U);
  EXPECT_TRUE(std::isnan(two.summary.lr_sensitivity));
}

TEST(summary, where_all_tie_nothing_is_said_to_be_won) {
  RaceResults results = small_race();
  for (Entry& entry : results.entries)
    for (std::size_t i = 0; i < entry.runs.size(); ++i)
      entry.runs[i].train_loss.back() = 0.3 + 0.1 * static_cast<double>(i);
  summarize(results);
  EXPECT_EQ(verdict(results, "train_loss").sentence,
            "Lowest training loss: fast (0.4000 ± 0.2484); nothing tells the others from it: their 95% "
            "intervals overlap.");
}

TEST(summary, an_unfinished_run_does_not_count) {
  RaceResults results = small_race();
  results.entries[0].runs[2].finished = false;
  summarize(results);
  EXPECT_EQ(results.entries[0].summary.test_accuracy.n, 2);
}

}  // namespace
}  // namespace gradus::lab
