#include "lab/claims/judge.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "gradus/core/error.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using gradus::test::contains;
using gradus::test::message_of;

/// Answers of five seeds to a question that speak for the claim, or against it, or lie around the threshold.
std::vector<double> answers(const Question& question, Word word) {
  const double side = word == Word::undecided                               ? 0
                      : (word == Word::supported) == question.claimed_above ? 1
                                                                            : -1;
  std::vector<double> values;
  if (question.either_way) {  // from -1 to 1 thresholds is claimed
    const double middle = word == Word::supported ? 0 : word == Word::refuted ? -2 : 1;
    for (const double noise : {-0.2, -0.1, 0.0, 0.1, 0.2})
      values.push_back(question.threshold * (middle + noise));
    return values;
  }
  for (const double noise : {-0.2, -0.1, 0.0, 0.1, 0.2}) values.push_back(question.threshold + side + noise);
  return values;
}

class EachClaim : public ::testing::TestWithParam<const Claim*> {
 protected:
  static Word verdict(const std::vector<Word>& words) {
    const std::vector<Question>& questions = GetParam()->questions;
    std::vector<std::vector<double>> all;
    for (std::size_t i = 0; i < questions.size(); ++i)
      all.push_back(answers(questions[i], words[i % words.size()]));
    return judge(*GetParam(), all).word;
  }
};

TEST_P(EachClaim, can_come_out_in_every_way) {
  EXPECT_EQ(verdict({Word::supported}), Word::supported);
  EXPECT_EQ(verdict({Word::refuted}), Word::refuted);
  EXPECT_EQ(verdict({Word::undecided}), Word::undecided);
  if (GetParam()->questions.size() < 2) return;
  EXPECT_EQ(verdict({Word::supported, Word::refuted}), GetParam()->always ? Word::refuted : Word::mixed);
  EXPECT_EQ(verdict({Word::supported, Word::undecided}), Word::undecided);
}

TEST_P(EachClaim, has_a_number_of_its_own_and_says_all_that_a_reader_needs) {
  const Claim& claim = *GetParam();
  EXPECT_EQ(&find_claim(std::to_string(claim.number)), &claim);
  EXPECT_EQ(&find_claim(claim.name), &claim);
  EXPECT_TRUE(std::ranges::is_sorted(claims(), {}, &Claim::number));
  for (const char* text : {claim.sentence, claim.measured, claim.protocol, claim.otherwise})
    EXPECT_TRUE(std::string_view(text).ends_with('.')) << text;
  EXPECT_FALSE(claim.questions.empty());
  EXPECT_FALSE(claim.for_it.empty());
  EXPECT_FALSE(claim.against_it.empty());
}

INSTANTIATE_TEST_SUITE_P(Claims, EachClaim, ::testing::ValuesIn(claims()), [](const auto& each) {
  std::string name = each.param->name;
  std::ranges::replace(name, '-', '_');
  return name;
});

const std::vector<Question> kOne{{"ratio", true, 1}};

TEST(Judge, two_seeds_say_nothing_and_neither_does_one_that_diverged) {
  EXPECT_EQ(judge(kOne, {{5, 5.1}}).word, Word::undecided);
  EXPECT_EQ(judge(kOne, {{5, 5.1, 5.2}}).word, Word::supported);
  EXPECT_EQ(judge(kOne, {{5, 5.1, kNotMeasured}}).word, Word::undecided);
}

TEST(Judge, what_is_claimed_to_make_no_difference_is_told_from_a_gain_and_from_a_loss) {
  const std::vector<Question> none{{"points gained", false, 0.3, 2, "", true}};
  EXPECT_EQ(judge(none, {{0.01, -0.02, 0.02}}).word, Word::supported);
  EXPECT_EQ(judge(none, {{-3, -3.1, -3.2}}).word, Word::refuted);
  EXPECT_EQ(judge(none, {{3, 3.1, 3.2}}).word, Word::refuted);
  EXPECT_EQ(judge(none, {{-0.3, -0.1, -0.2}}).word, Word::undecided) << "as near to the one as to the other";
  EXPECT_EQ(judge(none, {{-1, 0, 1}}).word, Word::undecided);
}

TEST(Judge, many_questions_want_more_of_each) {
  const std::vector<double> some{1.1, 1.3, 1.5, 1.2, 1.9};  // p = 0.047 that the mean is 1
  EXPECT_EQ(judge(kOne, {some}).word, Word::supported);
  const std::vector<Question> both{kOne[0], kOne[0]};
  EXPECT_EQ(judge(both, {some, some}).word, Word::undecided) << "by Holm's correction";
}

TEST(Claims, unknown_ones_are_refused_with_those_that_may_have_been_meant) {
  EXPECT_TRUE(
      contains(message_of([] { find_claim("scale"); }), "there is no claim 'scale'; did you mean scales?"));
  EXPECT_TRUE(contains(message_of([] { find_claim("0"); }), "there is no claim '0'"));
}

}  // namespace
}  // namespace gradus::lab
