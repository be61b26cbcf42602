// A checkpoint that is written while the training goes on.

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <tuple>

#include "gradus/checkpoint/checkpoint.hpp"
#include "gradus/core/error.hpp"
#include "support/files.hpp"
#include "support/text.hpp"
#include "support/typed_bench.hpp"

namespace gradus::test {
namespace {

using checkpoint::save;
using checkpoint::save_async;

/// Writes when it is told to.
class GatedDisk : public checkpoint::Disk {
 public:
  void open_gate() { set(open_); }
  void wait_for_writer() const { came_.wait(false); }
  ssize_t pwrite(int file, const void* from, std::size_t bytes, off_t offset) override {
    set(came_);
    open_.wait(false);
    return Disk::pwrite(file, from, bytes, offset);
  }

 private:
  static void set(std::atomic<bool>& flag) {
    flag = true;
    flag.notify_all();
  }
  std::atomic<bool> came_ = false, open_ = false;
};

class FailingDisk : public checkpoint::Disk {
 public:
  int fsync(int /*file*/) override {
    errno = EIO;
    return -1;
  }
};

class SaveAsync : public testing::Test {
 protected:
  static TypedBench bench() { return {Adam{}, {.state = {.dtype = gradus::State::block8}}, {{5}, {2, 300}}}; }
  [[nodiscard]] std::vector<Contents> contents_of_file() const {
    TypedBench other = bench();
    checkpoint::load(other.optimizer, file_);
    return other.contents();
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "training.safetensors";
};

TEST_F(SaveAsync, writes_what_was_there_when_it_was_called) {
  GatedDisk disk;
  TypedBench training = bench();
  for (std::uint64_t i = 0; i < 3; ++i) training.step(i);
  const std::vector<Contents> before = training.contents();
  std::future<void> saving = save_async(training.optimizer, file_, disk);
  for (std::uint64_t i = 3; i < 6; ++i) EXPECT_EQ(training.step(i).status, Status::applied);
  EXPECT_FALSE(std::filesystem::exists(file_));
  disk.open_gate();
  saving.get();
  EXPECT_EQ(contents_of_file(), before);
  EXPECT_NE(training.contents(), before);
}

TEST_F(SaveAsync, goes_on_without_the_optimizer) {
  GatedDisk disk;
  std::vector<Contents> before;
  std::future<void> saving;
  {
    TypedBench training = bench();
    training.step(0);
    before = training.contents();
    saving = save_async(training.optimizer, file_, disk);
  }
  disk.open_gate();
  saving.get();
  EXPECT_EQ(contents_of_file(), before);
}

TEST_F(SaveAsync, tells_of_the_disks_errors_when_it_is_asked) {
  FailingDisk disk;
  TypedBench training = bench();
  save(training.optimizer, file_);
  const std::vector<Contents> before = training.contents();
  training.step(0);
  std::future<void> saving = save_async(training.optimizer, file_, disk);
  EXPECT_TRUE(contains(message_of([&] { saving.get(); }), "Input/output error"));
  EXPECT_EQ(contents_of_file(), before);
}

TEST_F(SaveAsync, tells_of_the_optimizers_errors_at_once) {
  TypedBench training{SGD{.lr = Schedule([](std::int64_t) { return 0.1; })}, {}, {{5}}};
  EXPECT_TRUE(
      contains(message_of([&] { std::ignore = save_async(training.optimizer, file_); }), "lr of sgd"));
}

TEST_F(SaveAsync, waits_where_its_future_is_dropped) {
  TypedBench training = bench();
  std::ignore = save_async(training.optimizer, file_);
  EXPECT_EQ(contents_of_file(), training.contents());
}

TEST_F(SaveAsync, excludes_another_writer_to_the_path) {
  GatedDisk disk;
  TypedBench training = bench();
  std::future<void> first = save_async(training.optimizer, file_, disk);
  disk.wait_for_writer();
  EXPECT_TRUE(contains(message_of([&] { save(training.optimizer, file_); }), "somebody else"));
  disk.open_gate();
  first.get();
  EXPECT_EQ(contents_of_file(), training.contents());
}

}  // namespace
}  // namespace gradus::test
