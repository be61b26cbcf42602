#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "descriptor.hpp"

namespace gradus::checkpoint {

/// A regular file that is open to be read.
class Input {
 public:
  /// Throws Error for what is none, without waiting for anything.
  Input(Disk& disk, const std::filesystem::path& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  /// When it was opened.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Throws Error where the file ends before.
  void read(std::uint64_t offset, std::span<std::byte> into) const;

 private:
  Disk* disk_;
  std::string path_;
  Descriptor file_;
  std::uint64_t size_ = 0;
};

/// Throws Error for a folder, a pipe, a device, a socket.
void check_regular(const std::string& path, const struct ::stat& found);

}  // namespace gradus::checkpoint
