#include "lab/report/summary.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "lab/report/measures.hpp"
#include "lab/report/remarks.hpp"
#include "small_race.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using test::contains;

const Rival& rival(const Verdict& verdict, std::string_view label) {
  return *std::ranges::find(verdict.rivals, label, &Rival::label);
}

// Verdicts

TEST(Verdicts, say_who_is_behind_and_who_is_as_good) {
  const RaceResults results = summarized(small_race());
  const Verdict& metric = verdict(results, "test_metric");
  EXPECT_EQ(metric.best, "fast");
  EXPECT_EQ(metric.seeds, 3);
  EXPECT_EQ(rival(metric, "near").word, "ties") << "a tenth of a point is within the margin";
  EXPECT_EQ(rival(metric, "poor").word, "behind");
  EXPECT_NEAR(rival(metric, "poor").difference, -0.041, 1e-12);
  EXPECT_TRUE(rival(metric, "poor").paired);
  EXPECT_EQ(metric.sentence,
            "Best test accuracy: fast (88.20 ± 0.50%); ahead of poor (-4.10 ± 0.25 points); as good as near "
            "(-0.10 ± 0.00 "
            "points).");
}

// What overlapping intervals called a tie: a true gap that pairs show.
TEST(Verdicts, pairs_tell_apart_what_intervals_do_not) {
  RaceResults results = small_race();
  results.entries = {entry("a", {0.860, 0.880, 0.900}, 0.3), entry("b", {0.855, 0.8745, 0.8949}, 0.3)};
  const Verdict& metric = verdict(summarized(results), "test_metric");
  EXPECT_EQ(rival(metric, "b").word, "behind");
}

TEST(Verdicts, what_neither_test_nor_margin_decides_is_undecided) {
  RaceResults results = small_race();
  results.entries = {entry("a", {0.88, 0.90, 0.86}, 0.3), entry("b", {0.89, 0.86, 0.88}, 0.3)};
  const Verdict& metric = verdict(summarized(results), "test_metric");
  EXPECT_FALSE(rival(metric, "b").paired) << "the seeds do not correlate";
  EXPECT_EQ(rival(metric, "b").word, "undecided");
}

TEST(Verdicts, two_seeds_decide_nothing) {
  RaceResults results = small_race();
  for (Entry& e : results.entries) e.runs.resize(2);
  const Verdict& metric = verdict(summarized(results), "test_metric");
  EXPECT_EQ(metric.best, "fast");
  for (const Rival& r : metric.rivals) EXPECT_EQ(r.word, "");
  EXPECT_TRUE(contains(metric.sentence, "No verdict: 2 seeds tell nothing apart."));
}

TEST(Verdicts, stand_in_the_order_of_the_means_whatever_they_are_called) {
  RaceResults results = small_race();
  results.entries = {entry("a", {0.88, 0.881, 0.882}, 0.3), entry("wild", {0.90, 0.82, 0.86}, 0.3),
                     entry("b", {0.87, 0.871, 0.872}, 0.3)};
  const Verdict& metric = verdict(summarized(results), "test_metric");
  ASSERT_EQ(metric.rivals.size(), 2U);
  EXPECT_EQ(metric.rivals[0].label, "b");
  EXPECT_EQ(metric.rivals[0].word, "behind");
  EXPECT_EQ(metric.rivals[1].word, "undecided");
}

TEST(Verdicts, more_rivals_raise_the_bar) {
  RaceResults results = small_race();
  const std::vector<double> best{0.880, 0.884, 0.879, 0.886, 0.881},
      other{0.876, 0.8815, 0.8772, 0.8800, 0.8795};
  results.settings.seeds = {1, 2, 3, 4, 5};
  results.entries = {entry("a", best, 0.3), entry("b", other, 0.3)};
  const double alone = rival(verdict(summarized(results), "test_metric"), "b").p;
  for (int i = 0; i < 5; ++i)
    results.entries.push_back(entry("c" + std::to_string(i), {0.875, 0.89, 0.88, 0.87, 0.885}, 0.3));
  const double among = rival(verdict(summarized(results), "test_metric"), "b").p;
  EXPECT_NEAR(among, 6 * alone, 1e-12);
}

TEST(Verdicts, lowest_wins_where_less_is_better) {
  EXPECT_EQ(verdict(summarized(small_race()), "train_loss").best, "near");
  RaceResults results = small_race();
  results.settings.metric = {.name = "perplexity", .highest_is_best = false, .margin = 0.001};
  results.settings.target = 0.9;
  EXPECT_EQ(verdict(summarized(results), "test_metric").best, "poor");
  EXPECT_EQ(ranked(summarized(results)).front()->label, "poor");
}

// A choice that other tuning seeds would have made otherwise must not become a difference.
TEST(Verdicts, luck_of_the_choice_widens_the_difference) {
  RaceResults results = small_race();
  results.entries = {entry("a", {0.880, 0.882, 0.884}, 0.3), entry("b", {0.876, 0.8784, 0.8802}, 0.3)};
  EXPECT_EQ(rival(verdict(summarized(results), "test_metric"), "b").word, "behind");
  Entry& b = results.entries[1];
  b.trials = {trial({0.01}, 0.85), trial({0.03}, 0.86)};
  b.selection = {{{{"lr", 0.01}}, 0.6}, {{{"lr", 0.03}}, 0.4}};
  summarize(results);
  EXPECT_EQ(rival(verdict(results, "test_metric"), "b").word, "undecided");
  EXPECT_GT(b.summary.test_metric.half_width, results.entries[0].summary.test_metric.half_width);
  EXPECT_TRUE(contains(b.summary.remarks.front(),
                       "with other tuning seeds the choice might be another: lr 0.01 (60%)"));
}

// The target

TEST(Target, is_reached_on_the_straight_line_between_two_looks) {
  RaceResults results = small_race();
  results.settings.target = 0.8775;
  summarize(results);
  const Estimate& steps = results.entries[0].summary.steps_to_target;  // 0.75, 0.55 and 0.35 of the way
  EXPECT_EQ(steps.n, 3);
  EXPECT_NEAR(steps.mean, 155, 1e-9);
  EXPECT_NEAR(results.entries[0].summary.seconds_to_target.mean, 1.55, 1e-9);
}

TEST(Target, reached_by_luck_of_the_seed_makes_nobody_the_fastest) {
  RaceResults results = small_race();
  results.settings.target = 0.8805;
  results.entries[0].runs[1].validation_metric = {0.9, 0.9};
  results.entries[2].runs.clear();
  summarize(results);
  EXPECT_EQ(results.entries[0].summary.steps_to_target.n, 2);
  EXPECT_EQ(verdict(results, "steps_to_target").best, "");
}

TEST(Target, reached_before_the_first_look_tells_apart_only_who_took_longer) {
  RaceResults results = small_race();
  results.settings.target = 0.875;
  Entry &fast = results.entries[0], &near = results.entries[1];
  for (lab::Run& r : fast.runs) r.validation_metric = {0.9, 0.9};
  for (lab::Run& r : near.runs) r.validation_metric = {0.8, 0.9};
  results.entries[2].runs = fast.runs;
  summarize(results);
  const Verdict& steps = verdict(results, "steps_to_target");
  EXPECT_EQ(steps.best, "fast");
  EXPECT_TRUE(contains(steps.sentence, "fast (≤ 1.00 ± 0.00 epochs)")) << steps.sentence;
  EXPECT_EQ(rival(steps, "near").word, "behind");
  EXPECT_EQ(rival(steps, "poor").word, "undecided") << "the same bound is no tie";
}

TEST(Target, of_a_metric_that_falls_is_reached_from_above) {
  const Metric perplexity{.name = "perplexity", .highest_is_best = false};
  EXPECT_NEAR(reached_at({40, 20, 10}, {1, 2, 3}, perplexity, 15), 2.5, 1e-12);
  EXPECT_TRUE(std::isnan(reached_at({40, 20, 10}, {1, 2, 3}, perplexity, 5)));
}

// What is odd

TEST(Remarks, name_runs_that_collapsed) {
  RaceResults results = small_race();
  results.entries[0].runs[1].final_test_metric = 0.1;
  summarize(results);
  EXPECT_EQ(results.entries[0].summary.remarks.front(),
            "1 of 3 runs collapsed: to 10.00%, where trials at this point had reached 85.00%");
  EXPECT_TRUE(results.entries[1].summary.remarks.empty());
  results.entries[0].trials.clear();
  EXPECT_EQ(remarks_on(results.entries[0], results.settings).front(),
            "1 of 3 runs collapsed: to 10.00%, where guessing gets 10.00%");
}

TEST(Remarks, where_neither_chance_nor_a_margin_is_known_nobody_has_collapsed) {
  RaceResults results = small_race();
  results.settings.metric.chance = kNotMeasured;
  Entry& fast = results.entries[0];
  fast.runs[1].final_test_metric = 0.1;
  EXPECT_TRUE(has_collapsed(fast.runs[1], fast, results.settings));
  results.settings.metric.margin = 0;
  EXPECT_FALSE(has_collapsed(fast.runs[1], fast, results.settings));
}

TEST(Remarks, a_rule_whose_trials_were_near_chance_has_not_collapsed_there) {
  RaceResults results = small_race();
  for (Trial& t : results.entries[0].trials) t.validation_metric = 0.11;
  results.entries[0].runs[1].final_test_metric = 0.102;
  summarize(results);
  EXPECT_TRUE(results.entries[0].summary.remarks.empty());
}

TEST(Remarks, name_losses_that_rose) {
  RaceResults results = small_race();
  for (lab::Run& r : results.entries[0].runs) r.train_loss = {0.5, 0.9};
  EXPECT_EQ(remarks_on(results.entries[0], results.settings).front(),
            "all runs ended with a higher loss than they had");
}

TEST(Remarks, of_a_metric_without_chance_are_by_its_margin) {
  RaceResults results = small_race();
  results.settings.metric = {.name = "log10 gap", .highest_is_best = false, .margin = 0.1};
  Entry& e = results.entries[0];
  e.trials = {trial({0.01}, -6)};
  e.runs[0].final_test_metric = -5;
  e.runs[1].final_test_metric = -3;
  EXPECT_FALSE(has_collapsed(e.runs[0], e, results.settings));
  EXPECT_TRUE(has_collapsed(e.runs[1], e, results.settings));
}

TEST(Remarks, name_an_edge_and_what_moves_the_rest) {
  Entry e = small_race().entries[0];
  e.at_edge = {"lr"};
  e.companions = {"adamw moves the rest"};
  const std::vector<std::string> remarks = remarks_on(e, small_race().settings);
  ASSERT_EQ(remarks.size(), 2U);
  EXPECT_TRUE(contains(remarks[0], "the best lr is the lowest or highest tried"));
  EXPECT_EQ(remarks[1], "adamw moves the rest");
}

// Summaries

TEST(Summary, sensitivity_is_the_mean_loss_at_both_neighbours) {
  RaceResults results = summarized(small_race());
  EXPECT_NEAR(results.entries[0].summary.sensitivity.at("lr"), (0.05 + 0.10) / 2, 1e-12);
  results.entries[0].trials[2] = diverged_trial({0.1});
  summarize(results);
  EXPECT_NEAR(results.entries[0].summary.sensitivity.at("lr"), (0.05 + 0.75) / 2, 1e-12) << "down to chance";
}

TEST(Summary, sensitivity_is_by_the_longest_trials_at_all_three_rates) {
  RaceResults results = small_race();
  std::vector<Trial>& trials = results.entries[0].trials;
  for (Trial t : std::vector(trials)) {
    t.steps = 50;
    t.validation_metric = 0.5;
    trials.push_back(t);
  }
  summarize(results);
  EXPECT_NEAR(results.entries[0].summary.sensitivity.at("lr"), (0.05 + 0.10) / 2, 1e-12);
  std::erase_if(trials, [](const Trial& t) { return t.steps == 200 && t.points == points({0.001}); });
  summarize(results);
  EXPECT_EQ(results.entries[0].summary.sensitivity.at("lr"), 0) << "where they were not, by shorter ones";
}

TEST(Summary, a_function_without_examples_has_no_training_loss_to_win) {
  RaceResults results = small_race();
  results.settings.train_size = 0;
  summarize(results);
  EXPECT_TRUE(
      std::ranges::none_of(results.verdicts, [](const Verdict& v) { return v.question == "train_loss"; }));
}

TEST(Summary, of_two_rules_in_a_row_no_rate_is_the_one_to_be_sensitive_to) {
  RaceResults results = small_race();
  Entry& two = results.entries[0];
  two.trials = {trial({0.0001}, 0.1),      trial({0.001}, 0.2),      trial({0.01}, 0.1),
                trial({0.001, 0.01}, 0.8), trial({0.001, 0.1}, 0.9), trial({0.001, 1}, 0.7)};
  two.chosen = points({0.001, 0.1});
  summarize(results);
  EXPECT_TRUE(two.summary.sensitivity.empty());
  EXPECT_EQ(trials_of_whole(two).size(), 3U);
}

TEST(Summary, an_unfinished_run_does_not_count) {
  RaceResults results = small_race();
  results.entries[0].runs[2].finished = false;
  summarize(results);
  EXPECT_EQ(results.entries[0].summary.test_metric.n, 2);
}

TEST(Summary, a_run_that_diverged_is_not_left_out) {
  RaceResults results = small_race();
  results.entries[0].runs[1].diverged = true;
  summarize(results);
  EXPECT_TRUE(std::isnan(results.entries[0].summary.test_metric.mean));
  EXPECT_EQ(results.entries[0].summary.remarks.front(), "1 of 3 runs diverged");
  EXPECT_EQ(verdict(results, "test_metric").best, "near");
}

}  // namespace
}  // namespace gradus::lab
