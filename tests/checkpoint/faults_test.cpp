// A disk that fails, in every call that touches it, and one that loses its power.

#include <fcntl.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>

#include "gradus/checkpoint/series.hpp"
#include "samples.hpp"

namespace gradus::test {
namespace {

namespace fs = std::filesystem;

constexpr int kShort = -1;  // no errno: half of the bytes

/// Fails in one call, the n-th; tells which it was.
class FaultyDisk : public Disk {
 public:
  FaultyDisk(std::size_t call, int fault) : left_(call), fault_(fault) {}

  [[nodiscard]] const std::string& failed() const { return failed_; }

  int open(const char* path, int flags, mode_t mode) override {
    if (fails("open")) return -1;
    const int file = Disk::open(path, flags, mode);
    paths_[file] = path;
    return file;
  }
  int close(int file) override {
    const int result = Disk::close(file);  // an interrupted one has closed, too
    return fails("close " + kind_of(file)) ? -1 : result;
  }
  int stat(const char* path, struct ::stat& found) override {
    return fails("stat") ? -1 : Disk::stat(path, found);
  }
  int lstat(const char* path, struct ::stat& found) override {
    return fails("lstat") ? -1 : Disk::lstat(path, found);
  }
  int fstat(int file, struct ::stat& found) override {
    return fails("fstat") ? -1 : Disk::fstat(file, found);
  }
  ssize_t pread(int file, void* into, std::size_t bytes, off_t offset) override {
    if (!fails("pread")) return Disk::pread(file, into, bytes, offset);
    return fault_ == kShort ? Disk::pread(file, into, (bytes + 1) / 2, offset) : -1;
  }
  ssize_t pwrite(int file, const void* from, std::size_t bytes, off_t offset) override {
    if (!fails("pwrite")) return Disk::pwrite(file, from, bytes, offset);
    return fault_ == kShort ? Disk::pwrite(file, from, (bytes + 1) / 2, offset) : -1;
  }
  int fsync(int file) override { return fails("fsync " + kind_of(file)) ? -1 : Disk::fsync(file); }
  int fchmod(int file, mode_t mode) override { return fails("fchmod") ? -1 : Disk::fchmod(file, mode); }
  int flock(int file, int operation) override { return fails("flock") ? -1 : Disk::flock(file, operation); }
  int rename(const char* from, const char* to) override {
    return fails("rename") ? -1 : Disk::rename(from, to);
  }
  int unlink(const char* path) override {
    return fails(std::string("unlink ") + kind_of(path)) ? -1 : Disk::unlink(path);
  }
  int realpath(const char* path, std::string& real) override {
    return fails("realpath") ? -1 : Disk::realpath(path, real);
  }
  int list(const char* folder, std::vector<std::string>& names) override {
    return fails("list") ? -1 : Disk::list(folder, names);
  }

 private:
  bool fails(const std::string& call) {
    if (left_-- != 0) return false;
    failed_ = call;
    // Only reading and writing can be short.
    if (fault_ == kShort) return call == "pread" || call == "pwrite";
    errno = fault_;
    return true;
  }
  std::string kind_of(int file) { return kind_of(paths_[file]); }
  static std::string kind_of(const std::string& path) {
    return path.ends_with(".lock")  ? "lock"
           : path.ends_with(".tmp") ? "temporary"
           : fs::is_directory(path) ? "folder"
                                    : "file";
  }

  std::size_t left_;
  int fault_;
  std::string failed_;
  std::map<int, std::string> paths_;
};

/// Over an old file behind a link, beside what a dead writer has left: every call is made.
class Faults : public testing::Test {
 protected:
  void prepare() {
    for (const auto& entry : fs::directory_iterator(folder_.path())) fs::remove(entry.path());
    write_bytes(folder_.path() / "real", old_);
    fs::create_symlink("real", file_);
    write_plain(leftover_, "dead");
  }

  TemporaryFolder folder_;
  fs::path file_ = folder_.path() / "a.safetensors";
  fs::path leftover_ = folder_.path() / ".real.0123456789abcdef.tmp";
  const std::string old_ = noise(3'000'000, 1), new_ = noise(3'000'001, 2);
  const std::vector<std::string> names_{"a.safetensors", "real"};
};

/// After the last moment at which the old file could stay, or of no importance then.
bool does_no_harm(const std::string& call) {
  return call == "close lock" || call == "close folder" || call.starts_with("unlink");
}

TEST_F(Faults, of_every_call_of_a_writer_are_errors_and_leave_the_old_file) {
  for (const int fault : {EIO, ENOSPC, EDQUOT, EROFS}) {
    std::size_t call = 0;
    for (bool failed = true; failed; ++call) {
      prepare();
      FaultyDisk disk(call, fault);
      const std::string message = message_of([&] { write_bytes(file_, new_, disk); });
      failed = !disk.failed().empty();
      const std::string where = disk.failed() + ", call " + std::to_string(call) + ": " + message;
      const bool succeeds = !failed || does_no_harm(disk.failed());
      EXPECT_EQ(message.empty(), succeeds) << where;
      // The folder's: the new file is there, and nobody knows whether it would be after a loss of power.
      EXPECT_TRUE(read_bytes(file_) == (succeeds || disk.failed() == "fsync folder" ? new_ : old_)) << where;
      for (const std::string& name : names_in(folder_.path()))
        EXPECT_TRUE(!name.ends_with(".tmp") || folder_.path() / name == leftover_) << where;
      // What has been left hinders nobody.
      EXPECT_EQ(message_of([&] { write_bytes(file_, new_); }), "") << where;
      EXPECT_EQ(names_in(folder_.path()), names_) << where;
    }
    EXPECT_GT(call, 20U);
  }
}

TEST_F(Faults, that_are_signals_and_short_writes_are_gone_on_from) {
  for (const int fault : {EINTR, kShort}) {
    bool failed = true;
    for (std::size_t call = 0; failed; ++call) {
      prepare();
      FaultyDisk disk(call, fault);
      EXPECT_EQ(message_of([&] { write_bytes(file_, new_, disk); }), "") << disk.failed();
      failed = !disk.failed().empty();
      EXPECT_TRUE(read_bytes(file_) == new_) << disk.failed();
    }
  }
}

TEST_F(Faults, of_every_call_of_a_reader_are_errors) {
  prepare();
  for (const int fault : {EIO, EINTR, kShort}) {
    bool failed = true;
    for (std::size_t call = 0; failed; ++call) {
      FaultyDisk disk(call, fault);
      std::string found;
      const std::string message =
          message_of([&] { found = read_text(TensorFile(file_, Record::required, disk), "x"); });
      failed = !disk.failed().empty();
      EXPECT_EQ(message.empty(), fault != EIO || !failed || disk.failed().starts_with("close"))
          << disk.failed();
      EXPECT_TRUE(!message.empty() || found == old_) << disk.failed();
    }
  }
}

TEST_F(Faults, of_a_folder_that_cannot_be_synced_are_none) {
  class NoFolders : public Disk {
    int fsync(int file) override {
      struct ::stat found {};
      if (Disk::fstat(file, found) == 0 && !S_ISDIR(found.st_mode)) return Disk::fsync(file);
      errno = EINVAL;
      return -1;
    }
  } disk;
  prepare();
  EXPECT_EQ(message_of([&] { write_bytes(file_, new_, disk); }), "");
}

TEST_F(Faults, of_fsync_are_not_tried_again) {
  class FailsOnce : public Disk {
   public:
    int count = 0;

   private:
    int fsync(int file) override {
      errno = EIO;
      return count++ == 0 ? -1 : Disk::fsync(file);
    }
  } disk;
  prepare();
  EXPECT_TRUE(contains(message_of([&] { write_bytes(file_, new_, disk); }), "does not get onto the disk"));
  EXPECT_EQ(disk.count, 1);
}

TEST_F(Faults, of_a_disk_that_takes_nothing_end) {
  class TakesNothing : public Disk {
    ssize_t pwrite(int /*file*/, const void* /*from*/, std::size_t /*bytes*/, off_t /*offset*/) override {
      return 0;
    }
  } disk;
  prepare();
  EXPECT_TRUE(contains(message_of([&] { write_bytes(file_, new_, disk); }), "the disk takes nothing"));
}

// A loss of power

/// Writes down what is done, and makes of that what a disk may hold after a loss of power: what
/// has been synced, and of all else any part. (POSIX promises no more; file systems keep more.)
class Recorder : public Disk {
 public:
  struct Event {
    enum class Kind { create, write, sync, rename, unlink, sync_folder } kind;
    std::string name, to;  // of a file in the folder
    std::size_t offset = 0;
    std::string bytes;
  };
  std::vector<Event> events;

  int open(const char* path, int flags, mode_t mode) override {
    const int file = Disk::open(path, flags, mode);
    names_[file] = fs::path(path).filename().string();
    if ((flags & O_CREAT) != 0) events.push_back({Event::Kind::create, names_[file], "", 0, ""});
    return file;
  }
  ssize_t pwrite(int file, const void* from, std::size_t bytes, off_t offset) override {
    events.push_back({Event::Kind::write,
                      names_[file],
                      "",
                      static_cast<std::size_t>(offset),
                      {static_cast<const char*>(from), bytes}});
    return Disk::pwrite(file, from, bytes, offset);
  }
  int fsync(int file) override {
    struct ::stat found {};
    Disk::fstat(file, found);
    events.push_back(
        {S_ISDIR(found.st_mode) ? Event::Kind::sync_folder : Event::Kind::sync, names_[file], "", 0, ""});
    return Disk::fsync(file);
  }
  int rename(const char* from, const char* to) override {
    events.push_back({Event::Kind::rename, fs::path(from).filename(), fs::path(to).filename(), 0, ""});
    return Disk::rename(from, to);
  }
  int unlink(const char* path) override {
    events.push_back({Event::Kind::unlink, fs::path(path).filename(), "", 0, ""});
    return Disk::unlink(path);
  }

 private:
  std::map<int, std::string> names_;
};

/// Files by number, and the folder that names them.
class Platter {
 public:
  Platter(const std::string& name, const std::string& bytes) : files_{bytes}, folder_{{name, 0}} {}

  /// Of events that have happened, those before a sync are there, and each other by a throw of a coin.
  std::map<std::string, std::string> after(std::span<const Recorder::Event> events, std::mt19937& coin) {
    using Kind = Recorder::Event::Kind;
    std::map<std::string, std::size_t> now = folder_;  // as the running system sees it
    for (std::size_t i = 0; i < events.size(); ++i) {
      const Recorder::Event& event = events[i];
      const bool folder_lands = synced_later(events.subspan(i), "") || coin() % 2 == 0;
      if (event.kind == Kind::create && !now.contains(event.name)) {
        now[event.name] = files_.size();
        files_.emplace_back();
        if (folder_lands) folder_[event.name] = now[event.name];
      } else if (event.kind == Kind::write) {
        write(files_[now.at(event.name)], event, synced_later(events.subspan(i), event.name), coin);
      } else if (event.kind == Kind::rename) {
        now[event.to] = now.at(event.name);
        if (folder_lands) folder_[event.to] = now[event.to];
        now.erase(event.name);
        if (folder_lands) folder_.erase(event.name);
      } else if (event.kind == Kind::unlink) {
        now.erase(event.name);
        if (folder_lands) folder_.erase(event.name);
      }
    }
    std::map<std::string, std::string> contents;
    for (const auto& [name, file] : folder_) contents[name] = files_[file];
    return contents;
  }

 private:
  static bool synced_later(std::span<const Recorder::Event> events, const std::string& name) {
    return std::ranges::any_of(events, [&](const Recorder::Event& e) {
      return name.empty() ? e.kind == Recorder::Event::Kind::sync_folder
                          : e.kind == Recorder::Event::Kind::sync && e.name == name;
    });
  }
  /// Blocks of 512 bytes land one by one.
  static void write(std::string& file, const Recorder::Event& event, bool lands, std::mt19937& coin) {
    constexpr std::size_t kBlock = 512;
    for (std::size_t at = 0; at < event.bytes.size(); at += kBlock) {
      if (!lands && coin() % 2 == 0) continue;
      const std::string block = event.bytes.substr(at, kBlock);
      file.resize(std::max(file.size(), event.offset + at + block.size()));
      file.replace(event.offset + at, block.size(), block);
    }
  }

  std::vector<std::string> files_;
  std::map<std::string, std::size_t> folder_;
};

TEST(PowerLoss, at_any_moment_leaves_the_old_file_or_the_new_one_whole) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a", after = folder.path() / "after";
  const std::string old_bytes = noise(3'000, 1), new_bytes = noise(5'000, 2);
  write_bytes(file, old_bytes);
  const std::string old_file = text_of(file);
  Recorder disk;
  write_bytes(file, new_bytes, disk);
  const std::string new_file = text_of(file);
  std::mt19937 coin(1);
  bool had_old = false, had_new = false;
  for (std::size_t count = 0; count <= disk.events.size(); ++count)
    for (int i = 0; i < 200; ++i) {
      const auto contents = Platter("a", old_file).after(std::span(disk.events).first(count), coin);
      ASSERT_TRUE(contents.contains("a")) << count;
      const std::string& found = contents.at("a");
      ASSERT_TRUE(found == old_file || found == new_file) << "after " << count << " calls";
      had_old |= found == old_file;
      had_new |= found == new_file;
      ASSERT_TRUE(count < disk.events.size() || found == new_file);  // write_tensor_file() has returned
    }
  EXPECT_TRUE(had_old);
  EXPECT_TRUE(had_new);
}

// That the loss of power above would be noticed.
TEST(PowerLoss, without_a_sync_leaves_another_file) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a";
  write_bytes(file, "old");
  const std::string old_file = text_of(file);
  Recorder disk;
  write_bytes(file, noise(5'000), disk);
  std::erase_if(disk.events, [](const auto& event) { return event.kind == Recorder::Event::Kind::sync; });
  std::mt19937 coin(1);
  EXPECT_NE(Platter("a", old_file).after(disk.events, coin).at("a"), text_of(file));
}

}  // namespace
}  // namespace gradus::test
