#include "lab/race/journal.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <fstream>

#include "gradus/core/error.hpp"
#include "support/files.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

namespace fs = std::filesystem;
using Mode = Journal::Mode;
using test::contains;
using test::message_of;

class JournalFile : public ::testing::Test {
 protected:
  /// Trains with each seed; how many were really trained.
  int train_all(Journal& journal, int seeds) {
    int trained = 0;
    const Trainer trainer = journal.remembering([&](const TrainingSpec& spec, const TrainingWatch&) {
      ++trained;
      return record_of(spec);
    });
    for (int seed = 1; seed <= seeds; ++seed) {
      const TrainingSpec spec = spec_of(seed);
      const TrainingRecord record = trainer(spec, [](const TrainingMoment&) { return true; });
      EXPECT_EQ(record.train_loss, record_of(spec).train_loss);
      EXPECT_EQ(record.layers[0].update_ratios, record_of(spec).layers[0].update_ratios);
      EXPECT_TRUE(std::isnan(record.final_test_loss));
    }
    return trained;
  }
  static TrainingSpec spec_of(int seed) {
    TrainingSpec spec;
    spec.phases = parse_entry("adam").phases;
    spec.points = {{{"lr", 0.1}}};
    spec.steps = 3;
    spec.seed = static_cast<std::uint64_t>(seed);
    return spec;
  }
  static TrainingRecord record_of(const TrainingSpec& spec) {
    TrainingRecord record;
    record.train_loss = {1.0 / 3, 0.1 * static_cast<double>(spec.seed)};
    record.validation_loss = record.validation_metric = {0.5};
    record.layers = {{"w", {}, {1e-3}}};
    return record;
  }
  void cut(std::uintmax_t bytes) const { fs::resize_file(file_, fs::file_size(file_) - bytes); }

  test::TemporaryFolder folder_;
  fs::path file_ = folder_.path() / "trainings.jsonl";
};

TEST_F(JournalFile, what_was_trained_is_not_trained_again) {
  {
    Journal journal(file_, "a race", Mode::begin);
    EXPECT_EQ(train_all(journal, 3), 3);
    EXPECT_EQ(train_all(journal, 3), 0);
  }
  Journal journal(file_, "a race", Mode::go_on);
  EXPECT_EQ(journal.size_at_first(), 3U);
  EXPECT_EQ(train_all(journal, 5), 2);
}

TEST_F(JournalFile, what_a_probe_found_is_kept_and_another_probe_is_another_training) {
  const Probe one{"one", nullptr}, other{"other", nullptr};
  const auto trained_with = [](Journal& journal, const Probe* probe, double number) {
    TrainingSpec spec = spec_of(1);
    spec.is_final = true;
    spec.probe = probe;
    const Trainer trainer = journal.remembering([=](const TrainingSpec& s, const TrainingWatch&) {
      TrainingRecord record = record_of(s);
      record.validation_loss = record.validation_metric = record.test_metric = record.train_seconds = {1, 1};
      record.layers = {{"w", {{}, {}}, {1e-3, 1e-3}}};
      if (probe != nullptr) record.probed = {{number}, {number}};
      return record;
    });
    return trainer(spec, [](const TrainingMoment&) { return true; }).probed;
  };
  using Probed = std::vector<std::vector<double>>;
  {
    Journal journal(file_, "a race", Mode::begin);
    EXPECT_EQ(trained_with(journal, &one, 7), (Probed{{7}, {7}}));
  }
  Journal journal(file_, "a race", Mode::go_on);
  EXPECT_EQ(trained_with(journal, &one, 8), (Probed{{7}, {7}})) << "remembered";
  EXPECT_EQ(trained_with(journal, &other, 9), (Probed{{9}, {9}}));
  EXPECT_EQ(trained_with(journal, nullptr, 0), Probed{});
}

TEST_F(JournalFile, a_line_that_was_cut_short_is_trained_again_wherever_it_was_cut) {
  {
    Journal journal(file_, "a race", Mode::begin);
    train_all(journal, 2);
  }
  const std::string whole = test::text_of(file_);
  const std::size_t last = whole.rfind('\n', whole.size() - 2) + 1;
  for (std::size_t size = last; size < whole.size(); size += 7) {
    std::ofstream(file_, std::ios::binary) << whole.substr(0, size);
    {
      Journal journal(file_, "a race", Mode::go_on);
      EXPECT_EQ(journal.size_at_first(), 1U) << size;
      EXPECT_EQ(train_all(journal, 2), 1);
    }
    EXPECT_EQ(test::text_of(file_), whole) << size;
  }
}

TEST_F(JournalFile, a_race_that_was_broken_off_is_not_forgotten_by_mistake) {
  {
    Journal journal(file_, "a race", Mode::begin);
    train_all(journal, 2);
  }
  EXPECT_TRUE(contains(message_of([&] { Journal(file_, "a race", Mode::begin); }),
                       "2 trainings of a race that was broken off: --resume"));
  {
    Journal journal(file_, "a race", Mode::overwrite);
    EXPECT_EQ(train_all(journal, 2), 2);
    journal.conclude();
  }
  Journal next(file_, "another race", Mode::begin);
  EXPECT_EQ(next.size_at_first(), 0U) << "the one before was through";
}

TEST_F(JournalFile, one_race_at_a_time_has_it) {
  Journal journal(file_, "a race", Mode::begin);
  train_all(journal, 1);
  for (const Mode mode : {Mode::begin, Mode::go_on, Mode::overwrite})
    EXPECT_TRUE(contains(message_of([&] { Journal(file_, "a race", mode); }), "another race is under way"));
  EXPECT_EQ(train_all(journal, 1), 0) << "and it is as it was";
}

TEST_F(JournalFile, another_race_does_not_go_on_with_it) {
  {
    Journal journal(file_, "a race", Mode::begin);
    train_all(journal, 1);
  }
  const std::string message = message_of([&] { Journal(file_, "b race", Mode::go_on); });
  EXPECT_TRUE(contains(message, "is of another race: \"a race\"; this one is b race")) << message;
}

TEST_F(JournalFile, hostile_files_are_refused_with_their_line) {
  {
    Journal journal(file_, "a race", Mode::begin);
    train_all(journal, 1);
  }
  const std::string whole = test::text_of(file_), head = whole.substr(0, whole.find('\n') + 1);
  for (const std::string& text :
       {std::string("\n"), std::string("[]\n"), std::string("{}\n"), head + "{\"key\":{}}\n",
        head + "nonsense\n", head + std::string(1'000'000, '[') + "\n",
        head + R"({"key":{},"record":{"train_loss":"x"}})" + "\n", std::string("\0\0\n", 3)}) {
    std::ofstream(file_, std::ios::binary) << text;
    const std::string message = message_of([&] { Journal(file_, "a race", Mode::go_on); });
    EXPECT_TRUE(contains(message, "trainings.jsonl, line ")) << text << ": " << message;
    EXPECT_EQ(test::text_of(file_), text) << "and left as they are";
  }
}

TEST_F(JournalFile, a_digit_that_has_changed_is_found) {
  {
    Journal journal(file_, "a race", Mode::begin);
    train_all(journal, 1);
  }
  std::string text = test::text_of(file_);
  const std::size_t at = text.find("\"seconds\":") + std::string_view("\"seconds\":").size();
  text[at] = text[at] == '1' ? '2' : '1';
  std::ofstream(file_, std::ios::binary) << text;
  EXPECT_TRUE(contains(message_of([&] { Journal(file_, "a race", Mode::go_on); }), ", line 2: is damaged"));
}

TEST_F(JournalFile, a_line_without_its_checksum_says_what_to_do) {
  { Journal journal(file_, "a race", Mode::begin); }
  std::ofstream(file_, std::ios::app) << "{}\n[]\n";
  EXPECT_TRUE(
      contains(message_of([&] { Journal(file_, "a race", Mode::go_on); }),
               ", line 2: is damaged: it has no checksum; without this line its training is done again"));
}

TEST_F(JournalFile, a_training_without_its_curves_is_refused) {
  Journal journal(file_, "a race", Mode::begin);
  const Trainer trainer = journal.remembering([](const TrainingSpec& spec, const TrainingWatch&) {
    TrainingRecord record = record_of(spec);
    record.validation_loss.clear();
    return record;
  });
  trainer(spec_of(1), [](const TrainingMoment&) { return true; });
  const std::string copy = (folder_.path() / "copy.jsonl").string();
  fs::copy_file(file_, copy);  // the other is in use
  EXPECT_TRUE(contains(message_of([&] { Journal(copy, "a race", Mode::go_on); }),
                       "line 2: holds a curve of another length"));
}

// As a full disk does: some of a line is written, then none.
TEST_F(JournalFile, of_a_line_that_has_no_room_nothing_stays) {
  Journal journal(file_, "a race", Mode::begin);
  train_all(journal, 1);
  const std::string before = test::text_of(file_);
  rlimit usual{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &usual), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit full{before.size() + 10, usual.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &full), 0);
  const std::string message = message_of([&] { train_all(journal, 2); });
  setrlimit(RLIMIT_FSIZE, &usual);
  std::signal(SIGXFSZ, handler);
  EXPECT_TRUE(contains(message, "File too large; what stands in it need not be trained again")) << message;
  EXPECT_EQ(test::text_of(file_), before);
  EXPECT_EQ(train_all(journal, 2), 1);
}

TEST_F(JournalFile, what_cannot_be_written_ends_the_race) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  EXPECT_TRUE(contains(message_of([] { Journal("/dev/full", "a race", Mode::overwrite); }),
                       "cannot write /dev/full"));
}

}  // namespace
}  // namespace gradus::lab
