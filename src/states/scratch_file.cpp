#include "states/scratch_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

#include "gradus/core/error.hpp"

namespace gradus {

namespace {

constexpr std::size_t kExtent = std::size_t{64} << 20;

std::size_t page() {
  static const auto kBytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return kBytes;
}

[[noreturn]] void fail(const std::string& path, const std::string& what, int error) {
  throw Error("StateOptions: file '" + path + "' " + what + ": " + std::system_category().message(error));
}

/// 0, or why the file cannot have that room. Not posix_fallocate(): where a file system cannot reserve, that
/// writes to each block. Beyond the limit for files, the kernel would send SIGXFSZ.
int reserve(int fd, std::size_t offset, std::size_t bytes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && offset + bytes > limit.rlim_cur) return EFBIG;
  while (::fallocate(fd, 0, static_cast<off_t>(offset), static_cast<off_t>(bytes)) != 0)
    if (errno != EINTR) return errno;
  return 0;
}

/// Of all pages that have some of the bytes.
void advise(const std::byte* mapped, std::size_t bytes, int advice) {
  const std::size_t before = reinterpret_cast<std::uintptr_t>(mapped) % page();
  if (bytes > 0) ::madvise(const_cast<std::byte*>(mapped) - before, bytes + before, advice);
}

}  // namespace

ScratchFile::ScratchFile(std::string path) : path_(std::move(path)), owner_(::getpid()) {
  if (const std::size_t zero = path_.find('\0'); zero != std::string::npos)
    fail(path_.substr(0, zero), "cannot be made; its name has a zero in it", EINVAL);
  fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd_ < 0 && errno == EEXIST)
    throw Error("StateOptions: file '" + path_ +
                "' is there already; state is kept in a scratch file: name one that is not there");
  if (fd_ < 0) fail(path_, "cannot be made", errno);
  if (::unlink(path_.c_str()) == 0) return;
  const int error = errno;
  ::close(fd_);
  fail(path_, "cannot be made nameless", error);
}

ScratchFile::~ScratchFile() {
  drop_extents(0);
  ::close(fd_);
}

std::byte* ScratchFile::take(std::size_t bytes) {
  check_owner();
  const std::size_t whole = (bytes + page() - 1) / page() * page(), before = size_;
  if (const int error = reserve(fd_, size_, whole); error != 0) {
    shrink_to(before);  // some may have been reserved
    fail(path_, "has no room for " + std::to_string(whole) + " bytes more", error);
  }
  try {
    if (extents_.empty() || extents_.back().end() < size_ + whole) add_extent(whole);
  } catch (...) {
    shrink_to(before);
    throw;
  }
  size_ += whole;
  return extents_.back().mapped + (before - extents_.back().begin);
}

/// From the end of what is taken on; with more than is needed, where addresses are to be had.
void ScratchFile::add_extent(std::size_t bytes) {
  extents_.reserve(extents_.size() + 1);
  void* mapped = MAP_FAILED;
  for (std::size_t size : {std::max(bytes, kExtent), bytes}) {
    mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, static_cast<off_t>(size_));
    if (mapped == MAP_FAILED) continue;
    ::madvise(mapped, size, MADV_DONTFORK);  // it would step its parent's state
    return extents_.push_back({static_cast<std::byte*>(mapped), size_, size});
  }
  fail(path_, "cannot be mapped, " + std::to_string(bytes) + " bytes more", errno);
}

/// Those that begin there or behind.
void ScratchFile::drop_extents(std::size_t from) {
  for (; !extents_.empty() && extents_.back().begin >= from; extents_.pop_back())
    if (owner_ == ::getpid()) ::munmap(extents_.back().mapped, extents_.back().bytes);
}

void ScratchFile::shrink_to(std::size_t size) {
  if (owner_ != ::getpid() || ::ftruncate(fd_, static_cast<off_t>(size)) != 0) return;
  size_ = size;
  drop_extents(size);
}

void ScratchFile::check_owner() const {
  if (owner_ == ::getpid()) return;
  throw Error(
      "StateOptions: file '" + path_ +
      "' is the state of the process that this one was forked from; a child needs an optimizer of its own");
}

/// To wait for one page asks for the failures of all.
void ScratchFile::check() {
  check_owner();
  if (failure_ == 0 && ::sync_file_range(fd_, 0, 1, SYNC_FILE_RANGE_WAIT_BEFORE) != 0) failure_ = errno;
  if (failure_ != 0) fail(path_, "has lost state that was written to it", failure_);
}

void read_ahead(const std::byte* mapped, std::size_t bytes) { advise(mapped, bytes, MADV_WILLNEED); }
void let_go(const std::byte* mapped, std::size_t bytes) { advise(mapped, bytes, MADV_DONTNEED); }

}  // namespace gradus
