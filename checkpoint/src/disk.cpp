#include "gradus/checkpoint/disk.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace gradus::checkpoint {

namespace fs = std::filesystem;

namespace {

int result_of(const std::error_code& error) {
  errno = error.value();
  return error ? -1 : 0;
}

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
  return result_of(error);
}

int Disk::list(const char* folder, std::vector<std::string>& names) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error); !error && at != fs::directory_iterator();
       at.increment(error))
    names.push_back(at->path().filename().string());
  return result_of(error);
}

Disk& system_disk() {
  static Disk disk;
  return disk;
}

}  // namespace gradus::checkpoint
