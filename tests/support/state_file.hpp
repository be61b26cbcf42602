#pragma once

// Files that state is kept in, as the operating system shows them.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace gradus::test {

/// Of a file that no other process has.
inline std::string name_of_state_file() {
  return testing::TempDir() + "gradus_state_" + std::to_string(::getpid());
}

/// The nameless file of this process that once had that name, under a name that opens it; "" if it has none.
inline std::string nameless(const std::string& name) {
  std::error_code closed_since;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    if (std::filesystem::read_symlink(entry.path(), closed_since) == name + " (deleted)")
      return entry.path().string();
  return "";
}

inline std::size_t size_of(const std::string& file) {
  struct stat status {};
  EXPECT_EQ(::stat(file.c_str(), &status), 0) << file;
  return static_cast<std::size_t>(status.st_size);
}

/// Bytes, peak since start_of_peak().
inline std::size_t peak_resident() {
  std::ifstream status("/proc/self/status");
  std::string word;
  std::size_t kilobytes = 0;
  while (status >> word)
    if (word == "VmHWM:") status >> kilobytes;
  return kilobytes * 1024;
}
inline void start_of_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

}  // namespace gradus::test
