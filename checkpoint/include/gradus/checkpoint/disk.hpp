#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <string>
#include <vector>

namespace gradus::checkpoint {

/// Every call that touches the disk goes through here, and is the kernel's unless a test puts another in its
/// place. Each returns what the call of that name does, and leaves errno.
class Disk {
 public:
  Disk() = default;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  virtual ~Disk() = default;

  virtual int open(const char* path, int flags, mode_t mode);
  virtual int close(int file);
  virtual int stat(const char* path, struct ::stat& found);
  virtual int lstat(const char* path, struct ::stat& found);
  virtual int fstat(int file, struct ::stat& found);
  virtual ssize_t pread(int file, void* into, std::size_t bytes, off_t offset);
  virtual ssize_t pwrite(int file, const void* from, std::size_t bytes, off_t offset);
  virtual int fsync(int file);
  virtual int fchmod(int file, mode_t mode);
  virtual int flock(int file, int operation);
  virtual int rename(const char* from, const char* to);
  virtual int unlink(const char* path);
  /// 0, or -1 and errno.
  virtual int realpath(const char* path, std::string& real);
  virtual int list(const char* folder, std::vector<std::string>& names);
};

/// The kernel's.
Disk& system_disk();

}  // namespace gradus::checkpoint
