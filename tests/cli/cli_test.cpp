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
  for (const std::vector<std::string>& words : {std::vector<std::string>{},
                                                {"--help"},
                                                {"race", "--help"},
                                                {"sharpness", "--help"},
                                                {"compare", "--help"},
                                                {"report", "--help"},
                                                {"explain", "--help"}}) {
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

/// The line that begins with the word, without runs of spaces.
std::string line_of(const std::string& text, const std::string& word) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first, all;
    words >> first;
    if (first != word) continue;
    all = first;
    for (std::string next; words >> next;) all += " " + next;
    return all;
  }
  return "";
}

TEST(CommandLine, list_says_how_much_state_each_rule_keeps) {
  const std::string out = run({"list"}).out;
  for (const auto& [rule, state] : {std::pair{"sgd", "0"},
                                    {"adam", "2"},
                                    {"rowwise_adagrad", "rows"},
                                    {"adafactor", "rows + columns"},
                                    {"swats", "2"},
                                    {"prodigy", "4"},
                                    {"schedule_free_adamw", "2"},
                                    {"muon", "1"},
                                    {"soap", "2 + matrices"}})
    EXPECT_EQ(line_of(out, rule), std::string(rule) + " " + state + " " + about(rule).title);
}

TEST(CommandLine, explain_says_how_large_each_part_of_the_state_is) {
  const auto part = [](const char* rule, const char* name) {
    return line_of(run({"explain", rule}).out, name);
  };
  EXPECT_EQ(part("sgd", "none"), "none");
  EXPECT_EQ(part("adam", "exp_avg"), "exp_avg a number for each element");
  EXPECT_EQ(part("adam", "beta1_product"), "beta1_product a number");
  EXPECT_EQ(part("adafactor", "row_var"), "row_var a number for each row");
  EXPECT_EQ(part("adafactor", "col_var"), "col_var a number for each column");
  EXPECT_EQ(part("soap", "exp_avg_sq"), "exp_avg_sq a number for each element");
  EXPECT_EQ(part("soap", "GG_left"), "GG_left a matrix, rows x rows");
  EXPECT_EQ(part("soap", "Q_right"), "Q_right a matrix, columns x columns");
  EXPECT_TRUE(contains(part("prodigy", "d_numerator"), "a number for all parameters of the "));
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
  for (const BadFlag& bad : std::vector<BadFlag>{
           {{"--seeds", "0"}, "--seeds"},
           {{"--seeds", "-3"}, "--seeds"},
           {{"--seeds", "many"}, "--seeds"},
           {{"--budget", "0epochs"}, "--budget '0epochs' should be a number of steps or epochs"},
           {{"--budget", "5"}, "as in 500steps or 5epochs"},
           {{"--seeds", "100001"}, "not a whole number from 1 to"},
           {{"--batch", "0"}, "--batch"},
           {{"--threads", "0"}, "--threads"},
           {{"--tune", "lr,foo"}, "--tune foo: none of these rules has it"},
           {{"--tuning-from", "3"}, "tuning must have others"},
           {{"--screening", "9epochs"}, "longer than --budget"},
           {{"--target", "x"}, "--target"},
           {{"--task", "fashion-mpl"}, "did you mean fashion-mlp"},
           {{"--resume", "--overwrite"}, "--resume"},

           {{"--schedule", "cosin"}, "--schedule"},
           {{"--rules", "adan"}, "adam"},
           {{"--rules", "adam:beta1=2"}, "[0, 1)"},
           {{"--rules", "adam:state=int8"}, "dynamic8"},
           {{"--rules", "adam:rounding=nearest"}, "needs a state"},
           {{"--rules", ""}, "--rules: its value is empty"},
           {{"--data", ""}, "--data: its value is empty"},
           {{"--out=", "--quick"}, "--out: its value is empty"},
           {{"--quick=3"}, "--quick takes no value; it was given '3'"},
           {{"--task", "\x1b[31mx\xe2\x80\xae"}, "no task '\\x1b[31mx\\xe2\\x80\\xae'"},
           {{"--model", "\xff.pt"}, "--model: the path is no line of UTF-8"},
           {{"--task", "quadratic", "--trials", "200"}, "41 of them"},
           {{"--task", "quadratic", "--batch", "7"}, "has no batches"},
           {{"--colour"}, "--colour"}}) {
    std::vector<std::string> words = bad.words;
    words.insert(words.begin(), {"race", "--out", out});
    expect_refusal(run(words), bad.complaint);
    EXPECT_FALSE(std::filesystem::exists(out));
  }
}

}  // namespace
}  // namespace gradus::test
