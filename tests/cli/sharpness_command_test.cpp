#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/program.hpp"

namespace gradus::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class SharpnessCommand : public ::testing::Test {
 protected:
  SharpnessCommand() {
    fs::create_directory(data_);
    write_small_dataset(data_);
  }

  [[nodiscard]] std::vector<std::string> words(const std::vector<std::string>& more) const {
    std::vector<std::string> all{"sharpness", "--data", data_.string(), "--out", out_.string()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  [[nodiscard]] Outcome sharpness(const std::vector<std::string>& more) const { return run(words(more)); }

  void expect_refusal(const Outcome& outcome, const std::string& complaint) const {
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_EQ(outcome.err.rfind("gradus: ", 0), 0u);
    EXPECT_TRUE(contains(outcome.err, complaint));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_FALSE(fs::exists(out_ / "sharpness.json"));
  }

  const std::vector<std::string> kShort{"--steps", "6", "--looks", "2", "--examples", "20", "--batch", "32"};
  TemporaryFolder folder_;
  fs::path data_ = folder_.path() / "data", out_ = folder_.path() / "out";
};

TEST_F(SharpnessCommand, leaves_a_table_numbers_and_a_page_and_no_older_run_is_lost) {
  const Outcome outcome = sharpness(kShort);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "largest eigenvalue of H"));
  EXPECT_TRUE(contains(outcome.err, "adam  seed 1"));
  const std::string numbers = text_of(out_ / "sharpness.json");
  const auto document = nlohmann::json::parse(numbers);
  EXPECT_EQ(document["minima"][0]["rule"], "momentum");
  EXPECT_EQ(document["minima"][0]["looks"].size(), 3u);
  EXPECT_EQ(document["slices"]["to"], "adam");
  EXPECT_TRUE(contains(text_of(out_ / "sharpness.html"), "</html>"));

  const Outcome again = sharpness(kShort);
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_TRUE(contains(again.err, "holds an older run; --overwrite replaces it"));
  EXPECT_EQ(text_of(out_ / "sharpness.json"), numbers);
  std::vector<std::string> over = kShort;
  over.insert(over.end(), {"--overwrite", "--rules", "sgd:lr=0.1"});
  EXPECT_EQ(sharpness(over).exit_code, 0);
  EXPECT_TRUE(contains(text_of(out_ / "sharpness.json"), "sgd:lr=0.1"));
}

TEST_F(SharpnessCommand, says_what_diverged) {
  std::vector<std::string> words = kShort;
  words.insert(words.end(), {"--rules", "sgd:lr=1e30,adam"});
  const Outcome outcome = sharpness(words);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "diverged"));
}

TEST_F(SharpnessCommand, refuses_flags_that_make_no_sense) {
  struct Bad {
    std::vector<std::string> words;
    const char* complaint;
  };
  for (const Bad& bad :
       std::vector<Bad>{{{"--examples", "0"}, "'0' is not a whole number from 1"},
                        {{"--examples", "331"}, "--examples 331 is more than the 330"},
                        {{"--steps", "9", "--looks", "10"}, "--looks 10 are more than the 9 steps"},
                        {{"--looks", "-1"}, "--looks"},
                        {{"--batch", "1000"}, "--batch 1000 is more than the 330"},
                        {{"--rules", ""}, "--rules: its value is empty"},
                        {{"--rules", "adam>sgd", "--steps", "20"}, "'adam>sgd': what is measured is"},
                        {{"--rules", "adm"}, "adam"},
                        {{"--schedule", "nonsense"}, "--schedule"},
                        {{"--task", "nonsense"}, "there is no task 'nonsense'"}})
    expect_refusal(sharpness(bad.words), bad.complaint);
  expect_refusal(run({"sharpness", "--task", "rosenbrock", "--out", out_.string()}), "a function has none");
  expect_refusal(run({"sharpness", "--out", "/proc/none"}), "/proc/none");
}

TEST_F(SharpnessCommand, ends_soon_after_a_signal_and_leaves_nothing) {
  Program program(words({"--steps", "1000000"}));
  std::this_thread::sleep_for(3s);
  program.signal(SIGINT);
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "gradus: broken off; nothing was written"));
  EXPECT_FALSE(fs::exists(out_ / "sharpness.json"));
}

}  // namespace
}  // namespace gradus::test
