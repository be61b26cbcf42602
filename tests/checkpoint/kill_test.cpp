// A program that is killed while it saves.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <random>
#include <set>

#include "gradus/checkpoint/checkpoint.hpp"
#include "gradus/gradus.hpp"
#include "no_waiting.hpp"
#include "samples.hpp"
#include "support/thoroughness.hpp"

namespace gradus::test {
namespace {

namespace fs = std::filesystem;

/// A training whose parameters are all the number of the save.
class Numbered {
 public:
  Numbered() {
    for (std::size_t i = 0; i < x_.size(); ++i)
      optimizer_.add("p" + std::to_string(i), {kElements}, x_[i] = std::vector<float>(kElements), {});
  }

  void save(std::int64_t number, const fs::path& file, Disk& disk) {
    for (std::vector<float>& x : x_) std::ranges::fill(x, static_cast<float>(number));
    checkpoint::save(optimizer_, file, disk);
  }
  /// Throws Error where the file is not whole.
  std::int64_t load(const fs::path& file) {
    TensorFile(file).verify();
    checkpoint::load(optimizer_, file);
    for (const std::vector<float>& x : x_)
      if (std::ranges::count(x, x_[0][0]) != kElements) throw Error("has parts of two saves");
    return static_cast<std::int64_t>(x_[0][0]);
  }

 private:
  static constexpr std::int64_t kElements = 10'000;
  std::array<std::vector<float>, 4> x_;
  Optimizer optimizer_{Adam{}};
};

/// What was there after some kills.
struct Found {
  std::set<std::string> temporaries;          // of saves that were broken off
  std::vector<std::string> unreadable, lost;  // after which kill, and why
};

class Kill : public testing::Test {
 protected:
  Found kill_often(int kills, Disk& disk) {
    constexpr unsigned kSeed = 1;
    std::mt19937 random(kSeed);
    std::uniform_int_distribution<useconds_t> pause(0, 2 * microseconds_to_save(disk));
    Found found;
    for (int i = 0; i < kills; ++i) {
      const useconds_t microseconds = pause(random);
      kill_one_after(microseconds, disk);
      look("kill " + std::to_string(i) + " of seed " + std::to_string(kSeed) + ", after " +
               std::to_string(microseconds) + " us: ",
           found);
    }
    return found;
  }

  TemporaryFolder folder_;
  const fs::path file_ = folder_.path() / "a.safetensors";
  Numbered training_;

 private:
  useconds_t microseconds_to_save(Disk& disk) {
    constexpr int kSaves = 10;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kSaves; ++i) training_.save(++begun_, file_, disk);
    acknowledged_ = begun_;
    const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - start;
    return static_cast<useconds_t>(taken.count() / kSaves);
  }

  /// Sends the number of each save that is done; at first that of the one before.
  [[noreturn]] void save_and_acknowledge(std::int64_t number, int pipe, Disk& disk) noexcept {
    for (;; ++number) {
      if (::write(pipe, &number, sizeof number) != sizeof number) std::abort();
      training_.save(number + 1, file_, disk);
    }
  }

  void kill_one_after(useconds_t pause, Disk& disk) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) save_and_acknowledge(begun_, pipe[1], disk);
    ::close(pipe[1]);
    std::int64_t number = 0;
    ASSERT_EQ(::read(pipe[0], &number, sizeof number), ssize_t{sizeof number});
    ::usleep(pause);
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    while (::read(pipe[0], &number, sizeof number) > 0) acknowledged_ = number;
    begun_ = number + 1;
    ::close(pipe[0]);
  }

  void look(const std::string& when, Found& found) {
    for (const std::string& name : names_in(folder_.path()))
      if (name.ends_with(".tmp")) found.temporaries.insert(name);
    try {
      const std::int64_t number = training_.load(file_);
      if (number < acknowledged_ || number > begun_)
        found.lost.push_back(when + "save " + std::to_string(number) + " is there, " +
                             std::to_string(acknowledged_) + " is acknowledged, " + std::to_string(begun_) +
                             " begun");
      acknowledged_ = std::max(acknowledged_, number);
    } catch (const Error& error) {
      found.unreadable.push_back(when + error.what());
    }
  }

  std::int64_t acknowledged_ = 0;  // the last save that has been, or was found
  std::int64_t begun_ = 0;         // the last that may have been
};

const std::vector<std::string> kNone;

// BUGS 40, 41. What has been written outlives its process, synced or not, so that most kills need not wait for the disk.
TEST_F(Kill, at_any_moment_leaves_a_whole_file_and_loses_no_save_that_was_acknowledged) {
  NoWaiting no_waiting;
  for (const auto& [kills, disk] : {std::pair<int, Disk*>(thorough() ? 2000 : 200, &no_waiting),
                                    std::pair(thorough() ? 200 : 20, &system_disk())}) {
    const Found found = kill_often(kills, *disk);
    EXPECT_EQ(found.unreadable, kNone);
    EXPECT_EQ(found.lost, kNone);
    EXPECT_GT(found.temporaries.size(), 0U);
    RecordProperty("broken_off_of_" + std::to_string(kills), std::to_string(found.temporaries.size()));
  }
  training_.save(1, file_, no_waiting);
  EXPECT_EQ(names_in(folder_.path()), std::vector<std::string>{"a.safetensors"});
}

/// Has no temporary file: it writes into the one that is to be replaced.
class InPlace : public NoWaiting {
 public:
  explicit InPlace(fs::path file) : file_(std::move(file)) {}

  int open(const char* path, int flags, mode_t mode) override {
    if (!std::string_view(path).ends_with(".tmp")) return Disk::open(path, flags, mode);
    return Disk::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  }
  int rename(const char* /*from*/, const char* /*to*/) override { return 0; }

 private:
  fs::path file_;
};

// That a file which is not whole would be noticed.
TEST_F(Kill, of_one_that_writes_in_place_leaves_files_that_are_not_whole) {
  InPlace disk(file_);
  const Found found = kill_often(200, disk);
  EXPECT_GT(found.unreadable.size(), 0U);
  RecordProperty("unreadable", std::to_string(found.unreadable.size()));
}

}  // namespace
}  // namespace gradus::test
