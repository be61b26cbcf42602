#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "gradus/registry.hpp"

namespace gradus::test {
namespace {

void expect_refusal(const Outcome& outcome, const std::string& complaint) {
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err.rfind("gradus: ", 0), 0u);
  EXPECT_TRUE(contains(outcome.err, complaint));
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
}

TEST(CommandLine, help_and_version_succeed) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{}, {"--help"}, {"race", "--help"}, {"explain", "--help"}}) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_TRUE(contains(outcome.out, "gradus"));
    EXPECT_EQ(outcome.err, "");
  }
  EXPECT_EQ(run({"--version"}).out.rfind("gradus ", 0), 0u);
}

TEST(CommandLine, list_has_every_rule) {
  const Outcome outcome = run({"list"});
  EXPECT_EQ(outcome.exit_code, 0);
  for (const std::string& name : rule_names()) EXPECT_TRUE(contains(outcome.out, "\n" + name + " "));
}

TEST(CommandLine, explain_tells_formula_fields_and_source_of_every_rule) {
  for (const std::string& name : rule_names()) {
    const Outcome outcome = run({"explain", name});
    EXPECT_EQ(outcome.exit_code, 0) << name;
    EXPECT_TRUE(contains(outcome.out, about(name).title));
    EXPECT_TRUE(contains(outcome.out, "Formula\n"));
    for (const FieldInfo& field : make_rule(name).fields())
      EXPECT_TRUE(contains(outcome.out, field.meaning)) << name;
  }
}

TEST(CommandLine, refuses_words_that_it_does_not_know_with_the_nearest) {
  expect_refusal(run({"rcae"}), "did you mean race?");
  expect_refusal(run({"explain", "adamv"}), "adamw");
  expect_refusal(run({"explain"}), "RULE");
  expect_refusal(run({"--nonsense"}), "--nonsense");
}

TEST(CommandLine, output_that_is_lost_is_an_error) {
  for (const char* words : {"list", "explain adam", "--version"})
    EXPECT_NE(std::system((std::string(GRADUS_PROGRAM) + " " + words + " >/dev/full 2>/dev/null").c_str()), 0)
        << words;
}

struct BadFlag {
  std::vector<std::string> words;
  const char* complaint;
};

TEST(CommandLine, refuses_flags_that_make_no_sense) {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "out").string();
  for (const BadFlag& bad : std::vector<BadFlag>{{{"--seeds", "0"}, "--seeds"},
                                                 {{"--seeds", "-3"}, "--seeds"},
                                                 {{"--seeds", "many"}, "--seeds"},
                                                 {{"--epochs", "0"}, "--epochs"},
                                                 {{"--epochs", "0x10"}, "not a whole number from 1 to"},
                                                 {{"--epochs", "100001"}, "not a whole number from 1 to"},
                                                 {{"--batch", "0"}, "--batch"},
                                                 {{"--threads", "0"}, "--threads"},
                                                 {{"--trials", "4"}, "odd"},
                                                 {{"--model", "mpl"}, "--model"},
                                                 {{"--schedule", "cosin"}, "--schedule"},
                                                 {{"--rules", "adan"}, "adam"},
                                                 {{"--rules", "adam:beta1=2"}, "[0, 1)"},
                                                 {{"--rules", ""}, "name is missing"},
                                                 {{"--colour"}, "--colour"}}) {
    std::vector<std::string> words = bad.words;
    words.insert(words.begin(), {"race", "--out", out});
    expect_refusal(run(words), bad.complaint);
    EXPECT_FALSE(std::filesystem::exists(out));
  }
}

}  // namespace
}  // namespace gradus::test
