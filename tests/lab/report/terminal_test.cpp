#include "lab/report/terminal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "lab/report/axes.hpp"
#include "lab/report/format.hpp"
#include "small_race.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using test::contains;

TEST(format, shows_numbers_as_people_write_them) {
  EXPECT_EQ(duration(41.2e-6), "41.2 µs");
  EXPECT_EQ(duration(0.00099999), "1 ms");
  EXPECT_EQ(duration(151), "2 min 31 s");
  EXPECT_EQ(duration(kNotMeasured), kNothing);
  EXPECT_EQ(duration_with_interval({41.2e-6, 0.3e-6, 3}), "41.2 ± 0.3 µs");
  EXPECT_EQ(with_interval({0.8841, 0.0012, 3}, 2, 100), "88.41 ± 0.12");
  EXPECT_EQ(with_interval({0.8841, kNotMeasured, 1}, 2, 100), "88.41");
  EXPECT_EQ(learning_rates({0.001, 0.0316}), "0.001 > 0.0316");
  EXPECT_EQ(thousands(60000), "60,000");
  EXPECT_EQ(thousands(999), "999");
  EXPECT_EQ(in_words({"a", "b", "c"}), "a, b and c");
}

TEST(format, shortens_between_characters_and_keeps_both_ends) {
  EXPECT_EQ(shortened("adam:beta2=0.99", 9), "adam…0.99");
  EXPECT_EQ(shortened("ääääää", 4), "ää…ä");
  EXPECT_EQ(shortened("adam", 4), "adam");
}

TEST(axes, ticks_are_round_numbers_within_the_axis) {
  EXPECT_EQ(ticks({0, 0.3}, 4), (std::vector{0.0, 0.1, 0.2, 0.1 * 3}));
  EXPECT_EQ(ticks({1e-4, 1e2, true}, 4), (std::vector{1e-4, 1e-2, 1.0, 1e2}));
  EXPECT_EQ(tick_label(1e-5), "10⁻⁵");
  EXPECT_EQ(tick_label(0.02), "0.02");
}

TEST(axes, labels_move_apart_and_keep_their_order) {
  const std::vector<double> apart = spread({0.5, 0.5, 0.9, 0.49}, 0.1);
  EXPECT_NEAR(apart[0] - apart[3], 0.1, 1e-12);
  EXPECT_NEAR(apart[1] - apart[0], 0.1, 1e-12);
  EXPECT_NEAR(apart[2], 0.9, 1e-12);
  const std::vector<double> crowded = spread(std::vector<double>(5, 1.0), 0.9);
  EXPECT_NEAR(crowded.front(), 0, 1e-12);
  EXPECT_NEAR(crowded.back(), 1, 1e-12);
}

TEST(terminal, rows_stand_best_first_within_eighty_columns) {
  const std::string text = terminal_report(summarized(small_race()));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(character_count(line), 80U) << line;
  EXPECT_LT(text.find("\nfast"), text.find("\nnear"));
  EXPECT_LT(text.find("\nnear"), text.find("\npoor"));
  EXPECT_TRUE(contains(text, "88.20 ± 0.50"));
  EXPECT_FALSE(contains(text, "\x1b"));
}

TEST(terminal, colours_only_when_told_to_and_ascii_where_needed) {
  const RaceResults results = summarized(small_race());
  EXPECT_TRUE(contains(terminal_report(results, {.colors = true}), "\x1b[1m"));
  const std::string ascii = terminal_report(results, {.colors = false, .utf8 = false});
  EXPECT_TRUE(std::ranges::all_of(ascii, [](char c) { return static_cast<unsigned char>(c) < 128; }))
      << ascii;
  EXPECT_TRUE(contains(ascii, "88.20 +- 0.50"));
}

TEST(terminal, says_what_is_missing) {
  RaceResults results = small_race();
  results.interrupted = true;
  results.entries[0].best_at_edge = true;
  results.entries[1].runs.clear();
  results.entries[2].runs.clear();
  results.entries[2].trials = {diverged_trial({1})};
  results.entries[2].chosen_lr.clear();
  const std::string text = terminal_report(summarized(results));
  EXPECT_TRUE(contains(text, "not run"));
  EXPECT_TRUE(contains(text, "diverged"));
  EXPECT_TRUE(contains(text, "interrupted"));
  EXPECT_TRUE(contains(text, "0.01*"));
}

}  // namespace
}  // namespace gradus::lab
