#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <string_view>

#include "fuzz.hpp"
#include "gradus/checkpoint/disk.hpp"
#include "gradus/checkpoint/shown.hpp"

namespace gradus::fuzz {

/// Holds one file, whatever it is called, to be read.
class MemoryDisk final : public checkpoint::Disk {
 public:
  explicit MemoryDisk(std::string_view bytes) : bytes_(bytes) {}

  int open(const char* /*path*/, int /*flags*/, mode_t /*mode*/) override { return 0; }
  int close(int /*file*/) override { return 0; }
  int stat(const char* /*path*/, struct ::stat& found) override { return fstat(0, found); }
  int fstat(int /*file*/, struct ::stat& found) override {
    found.st_mode = S_IFREG;
    found.st_size = static_cast<off_t>(bytes_.size());
    return 0;
  }
  ssize_t pread(int /*file*/, void* into, std::size_t bytes, off_t offset) override {
    const std::string_view rest = bytes_.substr(std::min(static_cast<std::size_t>(offset), bytes_.size()));
    return static_cast<ssize_t>(rest.copy(static_cast<char*>(into), bytes));
  }

 private:
  std::string_view bytes_;
};

/// An Error of a checkpoint is one line that a terminal may show.
inline void expect_line(std::string_view message) {
  expect(checkpoint::shown(message, message.size() + 1) == message, "a line that a terminal does not obey");
}

}  // namespace gradus::fuzz
