#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/program.hpp"
#include "gradus/registry.hpp"
#include "lab/results/results.hpp"

namespace gradus::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using lab::RaceResults;

class RaceCommand : public ::testing::Test {
 protected:
  RaceCommand() {
    fs::create_directory(data_);
    write_small_dataset(data_);
  }

  [[nodiscard]] std::vector<std::string> words(std::vector<std::string> more) const {
    std::vector<std::string> all{"race",
                                 "--data",
                                 data_.string(),
                                 "--out",
                                 out_.string(),
                                 "--budget",
                                 "2epochs",
                                 "--trials",
                                 "3",
                                 "--batch",
                                 "32",
                                 "--seeds",
                                 "2",
                                 "--screening",
                                 "1epoch",
                                 "--tuning-seeds",
                                 "2",
                                 "--threads",
                                 "2"};
    for (std::size_t i = 0; i + 1 < more.size(); i += 2) {  // a flag given again replaces the one above
      const auto at = std::find(all.begin(), all.end(), more[i]);
      if (at != all.end())
        *std::next(at) = more[i + 1];
      else
        all.insert(all.end(), {more[i], more[i + 1]});
    }
    return all;
  }
  Outcome race(std::vector<std::string> more) const { return run(words(std::move(more))); }

  [[nodiscard]] RaceResults results() const { return lab::from_text(text_of(out_ / "results.json")); }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    if (fs::exists(out_))
      for (const auto& file : fs::directory_iterator(out_)) names.push_back(file.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  void expect_refusal(const Outcome& outcome, const std::string& complaint) const {
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_EQ(outcome.err.rfind("gradus: ", 0), 0u);
    EXPECT_TRUE(contains(outcome.err, complaint));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(files(), std::vector<std::string>{}) << "nothing is left behind";
  }

  const std::vector<std::string> kAll{"report.html", "results.json", "trainings.jsonl"};
  TemporaryFolder folder_;
  fs::path data_ = folder_.path() / "data", out_ = folder_.path() / "out";
};

TEST_F(RaceCommand, leaves_a_table_results_and_a_report) {
  const Outcome outcome = race({"--rules", "adam,sgd:lr=0.1,adam>sgd@0.3"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "train loss"));
  EXPECT_TRUE(contains(outcome.err, "adam  trial 1"));
  EXPECT_TRUE(contains(outcome.err, "adam>sgd@0.3  seed 2"));
  EXPECT_EQ(files(), kAll);
  EXPECT_TRUE(contains(text_of(out_ / "report.html"), "</html>"));

  const RaceResults r = results();
  ASSERT_EQ(r.entries.size(), 3u);
  EXPECT_FALSE(r.interrupted);
  EXPECT_EQ(r.settings.train_size, 330);
  EXPECT_EQ(r.settings.validation_size, 30);
  EXPECT_EQ(r.settings.test_size, 60);
  for (const lab::Entry& entry : r.entries) {
    ASSERT_EQ(entry.runs.size(), 2u) << entry.label;
    for (const lab::Run& run : entry.runs) EXPECT_TRUE(run.finished) << entry.label;
  }
  EXPECT_EQ(r.entries[1].trials.size(), 0u);
}

TEST_F(RaceCommand, report_makes_the_page_anew_and_its_figures_as_documents) {
  ASSERT_EQ(race({"--rules", "adam:lr=0.01,sgd:lr=0.1"}).exit_code, 0);
  const std::string page = text_of(out_ / "report.html");
  fs::remove(out_ / "report.html");
  const Outcome outcome = run({"report", out_ / "results.json", "--out", out_});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(text_of(out_ / "report.html"), page);
  EXPECT_TRUE(contains(text_of(out_ / "training-loss.vl.json"), "vega-lite"));
  EXPECT_TRUE(contains(run({"report", "/nonexistent"}).err, "there is no '/nonexistent'"));
}

TEST_F(RaceCommand, compare_pairs_the_entries_by_seed) {
  ASSERT_EQ(race({"--rules", "adam:lr=0.01,adam:lr=0.01,state=bf16,adam:lr=0.01,state=f32"}).exit_code, 0);
  EXPECT_EQ(results().entries[1].state[0].kept_as, "bf16");
  const std::string file = out_ / "results.json";
  const Outcome outcome = run({"compare", file});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "Differences to adam: means"));
  EXPECT_TRUE(contains(outcome.out, "Tuned: adam 0.01; adam:bf16 0.01; adam:f32 0.01\n\n"));
  EXPECT_TRUE(contains(outcome.out, "+0.0 ± 0.0%   0 is within, by pairs\n")) << "float32 is plain";
  EXPECT_TRUE(contains(run({"compare", file, "--to", "adam:lr=0.01,state=bf16"}).out, "to adam:bf16:"));
  const auto complaint = [](std::vector<std::string> words) {
    const Outcome refused = run(std::move(words));
    EXPECT_EQ(refused.exit_code, 2);
    return refused.err;
  };
  EXPECT_TRUE(contains(complaint({"compare", file, "--to", "sgd"}), "there is no entry 'sgd'"));
  EXPECT_TRUE(
      contains(complaint({"compare", "/nonexistent"}), "there is no '/nonexistent'; a race leaves one"));
  EXPECT_TRUE(contains(complaint({"compare", out_}), "is a folder; give its results.json"));
  EXPECT_TRUE(contains(complaint({"compare", out_ / "report.html"}),
                       "report.html' does not hold the results of a race"));
}

TEST_F(RaceCommand, every_rule_races) {
  std::string rules;
  for (const std::string& name : rule_names()) rules += (rules.empty() ? "" : ",") + name;
  const Outcome outcome = race({"--rules", rules, "--trials", "1", "--budget", "1epoch", "--seeds", "1"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_FALSE(contains(outcome.out, "diverged"));
  EXPECT_EQ(results().entries.size(), rule_names().size());
}

/// Without what may differ: times, and what the user asked for.
nlohmann::ordered_json timeless(const nlohmann::ordered_json& json) {
  if (!json.is_structured()) return json;
  nlohmann::ordered_json kept =
      json.is_object() ? nlohmann::ordered_json::object() : nlohmann::ordered_json::array();
  for (const auto& [name, value] : json.items()) {
    if (json.is_array())
      kept.push_back(timeless(value));
    else if (name.find("seconds") == std::string::npos && name != "verdicts" && name != "command" &&
             name != "threads" && name != "started")
      kept[name] = timeless(value);
  }
  return kept;
}

TEST_F(RaceCommand, results_do_not_depend_on_the_number_of_threads) {
  const auto results_with = [&](const char* threads) {
    EXPECT_EQ(race({"--rules", "adam,sgd,adam>sgd,muon", "--threads", threads}).exit_code, 0);
    return timeless(nlohmann::ordered_json::parse(text_of(out_ / "results.json")));
  };
  EXPECT_EQ(results_with("1"), results_with("2"));
}

TEST_F(RaceCommand, the_recorded_command_repeats_the_race) {
  ASSERT_EQ(race({"--rules", "adam:lr=0.01"}).exit_code, 0);
  const RaceResults first = results();
  std::istringstream recorded(first.settings.command);
  std::vector<std::string> again;
  for (std::string word; recorded >> word;) again.push_back(word);
  again.erase(again.begin());  // "gradus"
  again.insert(again.end(), {"--out", out_.string()});
  ASSERT_EQ(run(again).exit_code, 0);
  EXPECT_EQ(results().entries[0].runs[0].train_loss, first.entries[0].runs[0].train_loss);
}

TEST_F(RaceCommand, a_rule_that_diverges_is_reported_and_the_others_go_on) {
  const Outcome outcome = race({"--rules", "sgd:lr=1e30,adam:lr=0.01"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "diverged"));
  EXPECT_TRUE(results().entries[0].runs[0].diverged);
  EXPECT_TRUE(results().entries[1].runs[0].finished);
}

TEST_F(RaceCommand, bad_data_is_refused_in_one_line) {
  const fs::path images = data_ / "train-images-idx3-ubyte.gz";
  const std::string whole = text_of(images);
  write_plain(images, whole.substr(0, whole.size() / 2));
  expect_refusal(race({"--rules", "adam"}), "cut short");
  write_plain(images, idx_labels(360));
  expect_refusal(race({"--rules", "adam"}), "magic number");
  fs::remove(images);
  expect_refusal(race({"--rules", "adam"}), "train-images-idx3-ubyte");
  expect_refusal(race({"--rules", "adam", "--data", "/nonexistent"}), "/nonexistent");
}

TEST_F(RaceCommand, a_batch_larger_than_the_data_and_images_too_small_are_refused) {
  expect_refusal(race({"--rules", "adam", "--batch", "331"}),
                 "--batch 331 is more than the 330 training examples");
  for (const char* name : {"train", "t10k"}) {
    write_plain(data_ / (std::string(name) + "-images-idx3-ubyte"), idx_images(name[1] == 'r' ? 360 : 60, 2));
  }
  expect_refusal(race({"--rules", "adam", "--task", "fashion-cnn"}), "too small for fashion-cnn");
}

TEST_F(RaceCommand, output_that_cannot_be_written_is_found_before_training) {
  write_plain(folder_.path() / "file", "");
  const Outcome outcome = race({"--rules", "adam", "--out", (folder_.path() / "file").string()});
  expect_refusal(outcome, "file");
  expect_refusal(race({"--rules", "adam", "--out", "/proc/gradus"}), "/proc/gradus");
}

/// Begins a race that would take hours, and waits until it is under way.
void wait_until_under_way(const Program& program) {
  for (int i = 0; i < 1200 && program.err().find("adam  seed 1") == std::string::npos; ++i)
    std::this_thread::sleep_for(50ms);
}

TEST_F(RaceCommand, a_signal_ends_it_with_the_results_so_far) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Program program(words(
        {"--rules", "adam:lr=0.01,sgd:lr=0.1", "--seeds", "1000", "--threads", "1", "--budget", "20epochs"}));
    wait_until_under_way(program);
    program.signal(signal);
    const Outcome outcome = program.wait();
    EXPECT_EQ(outcome.exit_code, 128 + signal) << outcome.err;
    EXPECT_EQ(files(), (std::vector<std::string>{"trainings.jsonl", "unfinished.html", "unfinished.json"}));
    const RaceResults so_far = lab::from_text(text_of(out_ / "unfinished.json"));
    EXPECT_TRUE(so_far.interrupted);
    EXPECT_TRUE(so_far.entries[0].runs.at(0).finished);
    EXPECT_TRUE(contains(outcome.out, "broken off"));
    fs::remove_all(out_);
  }
}

TEST_F(RaceCommand, a_closed_pipe_does_not_cost_the_results) {
  std::string line = GRADUS_PROGRAM;
  for (const std::string& word : words({"--rules", "adam:lr=0.01"})) line += " " + word;
  ASSERT_EQ(std::system((line + " 2>" + (folder_.path() / "err").string() + " | true").c_str()), 0);
  EXPECT_TRUE(contains(text_of(folder_.path() / "err"), "cannot write to standard output: Broken pipe"));
  EXPECT_EQ(files(), kAll);
  EXPECT_TRUE(results().entries.at(0).runs.at(1).finished);
}

// Whatever ended it, and whenever: the results are those of a race that nothing ended.
TEST_F(RaceCommand, killed_at_any_moment_it_goes_on_to_the_same_results) {
  const std::vector<std::string> rules{"--rules", "adam,sgd,adam>sgd"};
  ASSERT_EQ(race(rules).exit_code, 0);
  const auto whole = timeless(nlohmann::ordered_json::parse(text_of(out_ / "results.json")));
  fs::remove_all(out_);
  std::size_t killed = 0;
  for (int i = 1; i <= 10 && !fs::exists(out_ / "results.json"); ++i) {
    std::vector<std::string> words_now = words(rules);
    if (fs::exists(out_)) words_now.emplace_back("--resume");
    Program program(words_now);
    std::this_thread::sleep_for(i * 150ms);
    program.signal(SIGKILL);
    killed += program.wait().exit_code == -SIGKILL ? 1U : 0U;
  }
  EXPECT_GT(killed, 0U);
  std::vector<std::string> last = words(rules);
  last.emplace_back("--resume");
  ASSERT_EQ(run(last).exit_code, 0);
  EXPECT_EQ(timeless(nlohmann::ordered_json::parse(text_of(out_ / "results.json"))), whole);
}

TEST_F(RaceCommand, one_that_was_broken_off_is_neither_forgotten_nor_mistaken_for_whole) {
  ASSERT_EQ(race({"--rules", "adam:lr=0.01"}).exit_code, 0);
  const std::string whole = text_of(out_ / "results.json");
  Program program(
      words({"--rules", "adam:lr=0.01", "--seeds", "1000", "--threads", "1", "--budget", "20epochs"}));
  wait_until_under_way(program);
  program.signal(SIGINT);
  program.wait();
  EXPECT_EQ(text_of(out_ / "results.json"), whole) << "a lesser race takes no place";
  const Outcome outcome = race({"--rules", "adam:lr=0.01"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_TRUE(contains(outcome.err, "of a race that was broken off: --resume goes on with them"));
  std::vector<std::string> other = words({"--rules", "adam:lr=0.01"});
  other.emplace_back("--resume");
  EXPECT_TRUE(contains(run(other).err, "is of another race"));
  other.back() = "--overwrite";
  EXPECT_EQ(run(other).exit_code, 0);
  EXPECT_EQ(files(), kAll);
}

TEST_F(RaceCommand, several_races_are_told_together) {
  ASSERT_EQ(race({"--rules", "adam:lr=0.01"}).exit_code, 0);
  fs::rename(out_, folder_.path() / "first");
  ASSERT_EQ(race({"--rules", "sgd:lr=0.1"}).exit_code, 0);
  const std::string first = folder_.path() / "first" / "results.json", second = out_ / "results.json";
  const fs::path together = folder_.path() / "together";
  ASSERT_EQ(run({"report", first, second, "--out", together}).exit_code, 0);
  const RaceResults both = lab::from_text(text_of(together / "results.json"));
  ASSERT_EQ(both.entries.size(), 2U);
  EXPECT_EQ(both.entries[1].label, "sgd");
  EXPECT_TRUE(contains(run({"report", first, first}).err, "has run twice with the seed 1"));
}

TEST_F(RaceCommand, a_second_signal_ends_it_at_once) {
  Program program(
      words({"--rules", "adam:lr=0.01", "--seeds", "1000", "--threads", "1", "--budget", "20epochs"}));
  wait_until_under_way(program);
  program.signal(SIGINT);
  program.signal(SIGTERM);
  const int code = program.wait().exit_code;
  EXPECT_TRUE(code == 128 + SIGINT || code == 128 + SIGTERM) << code;
  EXPECT_FALSE(fs::exists(out_ / "results.json"));
}

}  // namespace
}  // namespace gradus::test
