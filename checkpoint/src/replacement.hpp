#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "lock.hpp"

namespace gradus::checkpoint {

/// A new file that is gone with the object, unless it has been given another name.
class Temporary {
 public:
  Temporary(Disk& disk, std::filesystem::path path, mode_t mode);
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary();

  [[nodiscard]] Descriptor& file() { return file_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  void rename_to(const std::filesystem::path& name);

 private:
  Disk& disk_;
  std::filesystem::path path_;
  Descriptor file_;
  bool is_here_ = true;
};

/// A file that takes the place of another, or of none, when it is whole
/// and on the disk. Until then it lies beside it under another name.
class Replacement {
 public:
  /// Throws Error where somebody else is writing there, and where there is something else than a file.
  Replacement(Disk& disk, const std::filesystem::path& target);

  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  void take_its_place();

 private:
  Disk& disk_;
  std::filesystem::path target_;  // no symbolic link
  std::optional<mode_t> mode_;    // of what is there
  Lock lock_;
  Descriptor folder_;
  Temporary temporary_;
};

}  // namespace gradus::checkpoint
