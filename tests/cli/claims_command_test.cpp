#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "cli/program.hpp"

namespace gradus::test {
namespace {

namespace fs = std::filesystem;

class ClaimsCommand : public ::testing::Test {
 protected:
  [[nodiscard]] Outcome claims(std::vector<std::string> words) const {
    words.insert(words.begin(), "claims");
    words.insert(words.end(), {"--out", out_.string()});
    return run(std::move(words));
  }

  TemporaryFolder folder_;
  fs::path out_ = folder_.path() / "claims";
};

TEST_F(ClaimsCommand, runs_writes_and_does_not_run_again) {
  const Outcome first = claims({"run", "flipping-signs", "--quick"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(contains(first.out, "mixed: Against the lesson")) << first.out;
  EXPECT_TRUE(contains(text_of(out_ / "claims.html"), "Of 1 claim, 1 mixed"));
  const std::string before = text_of(out_ / "flipping-signs.json");
  EXPECT_TRUE(contains(claims({"run", "1", "--quick"}).out, "has been run already"));
  EXPECT_EQ(text_of(out_ / "flipping-signs.json"), before);
  fs::remove(out_ / "claims.html");
  EXPECT_EQ(claims({"report"}).exit_code, 0);
  EXPECT_TRUE(fs::exists(out_ / "claims.html"));
}

TEST_F(ClaimsCommand, trains_nothing_twice_whatever_was_lost) {
  const auto trainings = [&] {
    std::string all;
    for (const fs::directory_entry& entry : fs::directory_iterator(out_ / "trainings"))
      all += text_of(entry.path());
    return all;
  };
  EXPECT_EQ(claims({"run", "rmsprop-forgets", "--quick"}).exit_code, 0);
  const std::string before = trainings();
  EXPECT_GT(std::ranges::count(before, '\n'), 10);
  fs::remove(out_ / "rmsprop-forgets.json");
  EXPECT_EQ(claims({"run", "rmsprop-forgets", "--quick"}).exit_code, 0);
  EXPECT_EQ(trainings(), before);
  EXPECT_TRUE(fs::exists(out_ / "rmsprop-forgets.json"));
}

TEST_F(ClaimsCommand, does_not_take_one_form_for_the_other_or_a_claim_for_another) {
  EXPECT_EQ(claims({"run", "1", "--quick"}).exit_code, 0);
  const Outcome in_full = claims({"run", "1"});
  EXPECT_EQ(in_full.exit_code, 2);
  EXPECT_TRUE(contains(in_full.err, "was run with --quick by gradus")) << in_full.err;
  fs::copy(out_ / "flipping-signs.json", out_ / "scales.json");
  EXPECT_TRUE(contains(claims({"report"}).err, "results: claim should be scales"));
  EXPECT_EQ(claims({"run", "all", "nonsense"}).exit_code, 2);
}

TEST_F(ClaimsCommand, refuses_what_is_no_claim_and_what_are_no_results) {
  const Outcome unknown = claims({"run", "nonsense"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_TRUE(contains(unknown.err, "there is no claim 'nonsense'"));
  EXPECT_TRUE(contains(claims({"report"}).err, "holds no results; `gradus claims run all` makes some"));
  fs::create_directories(out_);
  std::ofstream(out_ / "scales.json") << "{}";
  const Outcome broken = claims({"report"});
  EXPECT_EQ(broken.exit_code, 2);
  EXPECT_TRUE(contains(broken.err, "scales.json' does not hold the results of a claim"));
}

TEST_F(ClaimsCommand, writes_documents_of_full_runs_and_keeps_those_that_are_there) {
  const fs::path docs = folder_.path() / "docs";
  const auto document = [&] { return claims({"report", "--markdown", docs.string()}); };
  EXPECT_EQ(claims({"run", "flipping-signs"}).exit_code, 0);
  const Outcome first = document();
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(first.out.ends_with("claims/flipping-signs.vl.json\n")) << first.out;
  for (const char* file : {"choosing.md", "claims/README.md", "claims/results/flipping-signs.json"})
    EXPECT_TRUE(fs::exists(docs / file)) << file;
  const std::string page = text_of(docs / "claims" / "flipping-signs.md");
  EXPECT_TRUE(contains(page, "Verdict: **mixed**"));
  fs::remove(out_ / "flipping-signs.json");
  fs::remove(docs / "claims" / "flipping-signs.md");
  EXPECT_EQ(document().exit_code, 0);
  EXPECT_EQ(text_of(docs / "claims" / "flipping-signs.md"), page);
  EXPECT_EQ(claims({"run", "flipping-signs", "--quick"}).exit_code, 0);
  EXPECT_TRUE(contains(document().err, "was run with --quick"));
  fs::remove_all(out_);
  EXPECT_TRUE(contains(document().err, "there is no folder '" + out_.string() + "'"));
}

TEST(Claims, are_listed) { EXPECT_TRUE(contains(run({"claims"}).out, " 2. scales")); }

TEST(Advise, tells_of_everything_or_of_what_is_named) {
  EXPECT_TRUE(contains(run({"advise"}).out, "On a quadratic function"));
  const Outcome one = run({"advise", "--task", "drifting-quadratic"});
  EXPECT_TRUE(contains(one.out, "Which optimizer?\n  Where the optimum drifts:\n  - ")) << one.err;
  EXPECT_EQ(one.out.find("On a quadratic"), std::string::npos);
}

TEST(Advise, refuses_what_is_no_task_and_two_at_a_time) {
  const auto complaint = [](std::vector<std::string> words) {
    words.insert(words.begin(), "advise");
    const Outcome outcome = run(std::move(words));
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1);
    return outcome.err;
  };
  EXPECT_TRUE(contains(complaint({"--task", "gloss-bags"}), "did you mean gloss-bag"));
  EXPECT_TRUE(contains(complaint({"--cnn", "--task", "wilson"}), "one task or one kind of net at a time"));
  EXPECT_TRUE(contains(complaint({"--gan"}), "--gan"));
  EXPECT_TRUE(contains(complaint({"--task", ""}), "--task"));
}

}  // namespace
}  // namespace gradus::test
