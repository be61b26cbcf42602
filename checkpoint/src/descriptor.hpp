#pragma once

#include <cerrno>
#include <utility>

#include "gradus/checkpoint/disk.hpp"

namespace gradus::checkpoint {

/// Calls until no signal comes between.
template <class Call>
auto again(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// An open file, closed with the object; below 0 where opening it failed.
class Descriptor {
 public:
  Descriptor(Disk& disk, const char* path, int flags, mode_t mode = 0)
      : disk_(&disk), file_(again([&] { return disk.open(path, flags, mode); })) {}
  Descriptor(Descriptor&& other) noexcept : disk_(other.disk_), file_(std::exchange(other.file_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() { close(); }

  [[nodiscard]] int get() const { return file_; }

  /// Closed it is in any case: an interrupted close() is not to be called again.
  bool close() {
    if (file_ < 0) return true;
    return disk_->close(std::exchange(file_, -1)) == 0 || errno == EINTR;
  }

 private:
  Disk* disk_;
  int file_;
};

}  // namespace gradus::checkpoint
