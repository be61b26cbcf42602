#include "lab/claims/page.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "lab/claims/made_up.hpp"
#include "lab/claims/telling.hpp"
#include "lab/claims/workbench.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using gradus::test::contains;
using gradus::test::made_up;
using gradus::test::message_of;
using Json = nlohmann::ordered_json;

ClaimResults results(double beyond) { return made_up(find_claim("2"), beyond, 3); }

TEST(ClaimResults, survive_their_file) {
  const ClaimResults before = results(1);
  const ClaimResults after = claim_results(to_text(before));
  EXPECT_EQ(to_text(after), to_text(before));
  EXPECT_EQ(after.evidence.answers, before.evidence.answers);
}

TEST(ClaimResults, of_other_questions_or_none_are_refused) {
  const auto complaint = [](const auto& change) {
    Json document = Json::parse(to_text(results(1)));
    change(document);
    return message_of([&] { claim_results(document.dump()); });
  };
  EXPECT_TRUE(contains(message_of([] { claim_results("{"); }), "it is no JSON"));
  EXPECT_TRUE(contains(message_of([] { claim_results("[]"); }), "format should be \"gradus-claim-1\""));
  EXPECT_TRUE(contains(complaint([](Json& d) { d["claim"] = "none"; }), "there is no claim 'none'"));
  EXPECT_TRUE(contains(complaint([](Json& d) { d["questions"][0] = "another"; }), "run the claim again"));
  EXPECT_TRUE(
      contains(complaint([](Json& d) { d["evidence"]["answers"].erase(0); }), "one for each question"));
  EXPECT_TRUE(
      contains(complaint([](Json& d) { d["evidence"]["answers"][0].erase(0); }), "of as many seeds each"));
  EXPECT_TRUE(contains(complaint([](Json& d) { d["again"].erase(0); }), "again should be one for each"));
  EXPECT_TRUE(contains(complaint([](Json& d) { d["quick"] = true; }), "or none of the quick form"));
  EXPECT_TRUE(contains(complaint([](Json& d) { d["claim"] = "2"; }), "claim should be the name of a claim"));
  EXPECT_TRUE(contains(complaint([](Json& d) { d["started"] = "aaaaaaaaaéé"; }), "started should be a time"));
  EXPECT_TRUE(
      contains(complaint([](Json& d) { d["command"] = "```"; }), "command should be `gradus claims run`"));
  EXPECT_TRUE(contains(complaint([](Json& d) { d["evidence"]["plot"]["title"] = std::string(1000, '<'); }),
                       "at most 400 bytes"));
  EXPECT_TRUE(contains(complaint([](Json& d) {
                         const Json point = d["evidence"]["plot"]["points"][0];
                         for (int i = 0; i < 70; ++i) {
                           d["evidence"]["plot"]["points"].push_back(point);
                           d["evidence"]["plot"]["points"].back()["series"] = std::to_string(i);
                         }
                       }),
                       "at most 64 series"));
  EXPECT_TRUE(contains(complaint([](Json& d) { d.erase("seconds"); }), "seconds should be there"));
}

TEST(ClaimsPage, says_first_what_is_against_the_lesson) {
  const Claim& claim = find_claim("2");
  EXPECT_EQ(
      lead(claim, results(5)),
      "6 of 6 questions speak for it, 0 against it. Run again in the quick form, with other seeds and fewer "
      "trials, 6 of the 6 that are decided come out on the same side.");
  EXPECT_EQ(
      lead(claim, results(-5)),
      "Against the lesson that most people read, this came out refuted: 0 of 6 questions speak for it, 6 "
      "against it. Run again in the quick form, with other seeds and fewer trials, 6 of the 6 that are "
      "decided "
      "come out on the same side.");
  ClaimResults otherwise = results(-5);
  otherwise.again[0] = {1e3};
  otherwise.again[1] = {kNotMeasured};
  EXPECT_TRUE(contains(lead(claim, otherwise), "4 of the 6 that are decided"));
  EXPECT_EQ(lead(claim, results(0)), "0 of 6 questions speak for it, 0 against it.");
}

TEST(ClaimsPage, holds_verdict_numbers_command_and_figure) {
  const std::vector<ClaimResults> all{results(5)};
  const std::string page = claims_page(all, "vegaEmbed");
  for (const char* text : {"Of 1 claim, 1 supported", "gradus claims run scales", "above 1.00",
                           "\"series\":\"adam\"", "what is &lt;left&gt;", "6.00\u00a0±\u00a00.25"})
    EXPECT_TRUE(contains(page, text)) << text;
  EXPECT_FALSE(contains(page, "--quick"));
}

TEST(Workbench, curve_points_have_the_interval_of_their_mean) {
  const CurvePoint point = curve_point("", "adam", 7, {1, 2, 3});
  EXPECT_EQ(point.mean, 2);
  EXPECT_NEAR(point.high, 2 + 0.95 / std::sqrt(0.04875) / std::sqrt(3), 1e-12);  // t of two degrees is closed
  EXPECT_NEAR(point.low + point.high, 4, 1e-12);
}

}  // namespace
}  // namespace gradus::lab
