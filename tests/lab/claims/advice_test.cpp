#include "lab/claims/advice.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "lab/claims/made_up.hpp"
#include "lab/report/format.hpp"
#include "lab/tasks/task.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using gradus::test::contains;
using gradus::test::made_up;
using gradus::test::message_of;

std::vector<ClaimResults> all_claims(double beyond) {
  std::vector<ClaimResults> all;
  for (const Claim* claim : claims()) all.push_back(made_up(*claim, beyond));
  return all;
}

std::size_t sayings(std::span<const ClaimResults> results, bool open) {
  std::size_t count = 0;
  for (const Advice& each : advice(results, nullptr))
    for (const Advice::There& there : each.there)
      count += static_cast<std::size_t>(std::ranges::count(there.sayings, open, &Saying::open));
  return count;
}

TEST(Advice, a_task_has_one_place_or_none) {
  for (const Place& place : places())
    for (const char* task : place.tasks) EXPECT_EQ(&place_of(task), &place) << task;
  for (const TaskKind* kind : task_kinds()) {
    const std::string none = "no claim was put to the test on the task '" + std::string(kind->name) + "'";
    const std::string complaint = message_of([&] { place_of(kind->name); });
    EXPECT_TRUE(complaint.empty() || complaint == none) << complaint;
  }
  EXPECT_TRUE(contains(message_of([] { place_of("fashion-mpl"); }), "did you mean fashion-mlp"));
}

TEST(Advice, every_row_tells_of_a_question) {
  for (const AdviceRow& row : advice_rows()) {
    const std::vector<Question>& questions = find_claim(row.claim).questions;
    EXPECT_TRUE(std::ranges::any_of(
        questions,
        [&](const Question& question) { return question.text.find(row.asked) != std::string::npos; }))
        << row.claim << ": " << row.asked;
    const auto is_its = [&](const Place& place) { return std::string_view(row.place) == place.asked; };
    EXPECT_TRUE(*row.place == '\0' || std::ranges::any_of(places(), is_its)) << row.place;
  }
}

TEST(Advice, tells_what_was_found_and_for_whom_it_speaks) {
  const std::string told = advice_text(all_claims(5), &place_of("gloss-transformer"));
  for (const char* text : {"On a Transformer:", "Adam ended 5.10 ± 0.20 % of perplexity ahead of RMSProp",
                           "(for\n    claim 17, which wants more than 0.10)"})
    EXPECT_TRUE(contains(told, text));
  EXPECT_FALSE(contains(told, "CNN"));
  EXPECT_FALSE(contains(told, "Open"));
}

TEST(Advice, turns_its_words_where_the_answer_is_negative) {
  const std::string told = advice_text(all_claims(-5), nullptr);
  EXPECT_TRUE(contains(told, "Adam ended 4.90 ± 0.20 points of accuracy behind RMSProp"));
  EXPECT_TRUE(contains(told, "against claim 17"));
  EXPECT_TRUE(contains(told, "Adam took 141 (116 to 172) times the steps"));
}

TEST(Advice, says_nothing_that_is_not_decided) {
  EXPECT_GT(sayings(all_claims(5), false), 0U);
  EXPECT_EQ(sayings(all_claims(5), true), 0U);
  EXPECT_EQ(sayings(all_claims(0), false), 0U);
  EXPECT_EQ(sayings(all_claims(0), true), sayings(all_claims(5), false));
}

TEST(Advice, tells_of_runs_that_diverged_without_a_number) {
  std::vector<ClaimResults> results{made_up(find_claim("adam-always-wins"), 5)};
  results[0].evidence.answers[0][1] = kNotMeasured;
  EXPECT_TRUE(
      contains(advice_text(results, &place_of("fashion-mlp")), "- Open, since a run diverged: points"));
}

TEST(Advice, fits_on_a_terminal) {
  std::istringstream lines(advice_text(all_claims(5), nullptr));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(character_count(line), kTerminalWidth) << line;
}

TEST(Advice, without_results_says_how_they_are_made) {
  EXPECT_TRUE(contains(message_of([] { advice_text({}, nullptr); }), "`./gradus claims run all`"));
  const std::vector<ClaimResults> one{made_up(find_claim("scales"), 5)};
  EXPECT_TRUE(
      contains(advice_text(one, &place_of("wilson")), "Which optimizer?\n  No finding speaks to it.\n"));
}

}  // namespace
}  // namespace gradus::lab
