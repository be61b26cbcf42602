#include "gradus/checkpoint/disk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>

namespace gradus::checkpoint {

namespace fs = std::filesystem;

namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

}  // namespace

int Disk::open(const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); }
int Disk::close(int file) { return ::close(file); }
int Disk::stat(const char* path, struct ::stat& found) { return ::stat(path, &found); }
int Disk::lstat(const char* path, struct ::stat& found) { return ::lstat(path, &found); }
int Disk::fstat(int file, struct ::stat& found) { return ::fstat(file, &found); }
ssize_t Disk::pread(int file, void* into, std::size_t bytes, off_t offset) {
  return ::pread(file, into, bytes, offset);
}
ssize_t Disk::pwrite(int file, const void* from, std::size_t bytes, off_t offset) {
  return ::pwrite(file, from, bytes, offset);
}
int Disk::fsync(int file) { return ::fsync(file); }
int Disk::fchmod(int file, mode_t mode) { return ::fchmod(file, mode); }
int Disk::flock(int file, int operation) { return ::flock(file, operation); }
int Disk::rename(const char* from, const char* to) { return ::rename(from, to); }
int Disk::unlink(const char* path) { return ::unlink(path); }

int Disk::realpath(const char* path, std::string& real) {
  std::error_code error;
  real = fs::canonical(path, error).string();
  errno = error.value();
  return error ? -1 : 0;
}

/// By the kernel's own calls: libstdc++'s iterator ends the program where there is no memory.
int Disk::list(const char* folder, std::vector<std::string>& names) {
  const std::unique_ptr<DIR, CloseFolder> opened(::opendir(folder));
  if (!opened) return -1;
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(opened.get());
    if (entry == nullptr) return errno == 0 ? 0 : -1;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
}

Disk& system_disk() {
  static Disk disk;
  return disk;
}

}  // namespace gradus::checkpoint
