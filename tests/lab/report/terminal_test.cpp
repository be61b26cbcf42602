#include "lab/report/terminal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "lab/report/format.hpp"
#include "lab/report/html.hpp"
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
  EXPECT_EQ(loss_with_interval({0.312, 0.004, 3}), "0.312 ± 0.004");
  EXPECT_EQ(loss_with_interval({5.12e-11, 2e-12, 3}), "5.1e-11 ± 2e-12");
  EXPECT_EQ(points_text(points({0.001, 0.0316})), "0.001 > 0.0316");
  EXPECT_EQ(points_text({{{"lr", 0.1}, {"beta2", 0.98}}}), "beta2=0.98, lr=0.1");
  EXPECT_EQ(points_text({{{"lr", 0.1}, {"beta2", 0.99973}}}), "beta2=0.99973, lr=0.1");
  EXPECT_EQ(fixed(1.5482e31, 3), "1.55e+31");
  EXPECT_EQ(fixed(-0.001, 2), "0.00");
  EXPECT_EQ(fixed(-0.01, 2), "-0.01");
  EXPECT_EQ(thousands(60000), "60,000");
  EXPECT_EQ(thousands(999), "999");
  EXPECT_EQ(in_words({"a", "b", "c"}), "a, b and c");
}

TEST(format, shortens_between_characters_and_keeps_both_ends) {
  const auto shortened = [](const std::string& text, std::size_t limit) {
    return shortened_apart({text}, limit).front();
  };
  EXPECT_EQ(shortened("adam:beta2=0.99", 9), "adam…0.99");
  EXPECT_EQ(shortened("ääääää", 4), "ää…ä");
  EXPECT_EQ(shortened("adam", 4), "adam");
}

TEST(format, keeps_shortened_names_apart) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(shortened_apart({"adam:beta1=0.8,eps=1e-8", "adam:beta1=0.9,eps=1e-8"}, 16),
            (Texts{"adam:…8,eps=1e-8", "adam:…9,eps=1e-8"}));
  EXPECT_EQ(shortened_apart({"aaaaaaaa1bbbbbbbb", "sgd", "aaaaaaaa2bbbbbbbb"}, 8),
            (Texts{"aaaaa…#1", "sgd", "aaaaa…#3"}));
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

TEST(terminal, two_rules_never_have_one_name) {
  RaceResults results = small_race();
  results.entries[0].label = "adam:beta1=0.8,beta2=0.99,eps=1e-8,state=bf16";
  results.entries[1].label = "adam:beta1=0.9,beta2=0.99,eps=1e-8,state=bf16";
  const std::string text = terminal_report(summarized(results));
  std::vector<std::string> names;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line) && !line.empty();)
    names.push_back(line.substr(0, line.find("  ")));
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end()) << text;
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
  results.entries[0].at_edge = {"lr"};
  results.entries[1].runs.clear();
  results.entries[2].runs.clear();
  results.entries[2].trials = {diverged_trial({1})};
  results.entries[2].chosen.clear();
  const std::string text = terminal_report(summarized(results));
  EXPECT_TRUE(contains(text, "not run"));
  EXPECT_TRUE(contains(text, "diverged"));
  EXPECT_TRUE(contains(text, "broken off"));
  EXPECT_TRUE(contains(text, "0.01*"));
}

TEST(terminal, says_nothing_of_what_nobody_asked_for_or_measured) {
  RaceResults results = small_race();
  results.settings.target = kNotMeasured;
  for (Entry& entry : results.entries)
    for (lab::Run& run : entry.runs) run.optimizer_step_seconds = kNotMeasured;
  results = summarized(results);
  const std::string text = terminal_report(results);
  EXPECT_FALSE(contains(text, "nan")) << text;
  EXPECT_FALSE(contains(text, "nobody")) << text;
  EXPECT_FALSE(contains(text, "epochs to")) << text;
  EXPECT_FALSE(contains(html_report(results, ""), "The target"));
}

}  // namespace
}  // namespace gradus::lab
