#include "replacement.hpp"

#include <fcntl.h>

#include "input.hpp"
#include "text.hpp"

namespace gradus::checkpoint {

namespace fs = std::filesystem;

namespace {

/// One that leads nowhere is refused: who made it wants the file elsewhere.
fs::path behind_links(Disk& disk, const fs::path& target) {
  struct ::stat found {};
  std::string real = target.string();
  if (real.find('\0') != std::string::npos) fail(real, "has a zero in its name");
  if (!target.has_filename()) fail(real, "names no file");
  const bool is_there = again([&] { return disk.lstat(target.c_str(), found); }) == 0;
  if (!is_there && errno != ENOENT) fail_by_errno(real, "cannot be looked at");
  if (is_there && S_ISLNK(found.st_mode) && again([&] { return disk.realpath(target.c_str(), real); }) != 0)
    fail_by_errno(target.string(), "is a symbolic link that leads to no file");
  return real;
}

/// Nothing: there is no file.
std::optional<mode_t> mode_of(Disk& disk, const fs::path& target) {
  struct ::stat found {};
  if (again([&] { return disk.stat(target.c_str(), found); }) != 0) {
    if (errno != ENOENT) fail_by_errno(target.string(), "cannot be looked at");
    return {};
  }
  check_regular(target.string(), found);
  return found.st_mode & mode_t{07777};
}

Lock lock_on(Disk& disk, const fs::path& target) {
  std::optional<Lock> lock = Lock::try_to_get(disk, target);
  if (!lock) fail(target.string(), "is being written by somebody else, who has its lock");
  remove_temporaries(disk, target);
  return std::move(*lock);
}

}  // namespace

Temporary::Temporary(Disk& disk, fs::path path, mode_t mode)
    : disk_(disk),
      path_(std::move(path)),
      file_(disk, path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode) {
  if (file_.get() < 0) fail_by_errno(path_.string(), "cannot be made");
}

Temporary::~Temporary() {
  if (is_here_) disk_.unlink(path_.c_str());
}

void Temporary::rename_to(const fs::path& name) {
  if (again([&] { return disk_.rename(path_.c_str(), name.c_str()); }) != 0)
    fail_by_errno(name.string(), "cannot be replaced");
  is_here_ = false;
}

Replacement::Replacement(Disk& disk, const fs::path& target)
    : disk_(disk),
      target_(behind_links(disk, target)),
      mode_(mode_of(disk, target_)),
      lock_(lock_on(disk, target_)),
      folder_(disk, folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC),
      temporary_(disk, temporary_for(target_), mode_ ? *mode_ & mode_t{0777} : 0666) {
  if (folder_.get() < 0) fail_by_errno(folder_of(target_).string(), "cannot be opened");
  // What is to be read by few is so before anything is in it.
  if (mode_ && again([&] { return disk.fchmod(temporary_.file().get(), *mode_); }) != 0)
    fail_by_errno(target_.string(), "cannot be replaced by a file of its permissions");
}

void Replacement::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = again([&] {
      return disk_.pwrite(temporary_.file().get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    });
    if (count < 0) fail_by_errno(target_.string(), "cannot be written");
    if (count == 0) fail(target_.string(), "cannot be written: the disk takes nothing");
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

/// After fsync() has failed the kernel takes what it lost for written, so it is not asked again.
void Replacement::take_its_place() {
  if (again([&] { return disk_.fsync(temporary_.file().get()); }) != 0)
    fail_by_errno(target_.string(), "is not replaced: the new one does not get onto the disk");
  if (!temporary_.file().close())
    fail_by_errno(target_.string(), "is not replaced: the new one cannot be closed");
  temporary_.rename_to(target_);
  // Some file systems sync no folders, and say so.
  if (again([&] { return disk_.fsync(folder_.get()); }) != 0 && errno != EINVAL)
    fail_by_errno(target_.string(),
                  "is new and whole, but might be the old one again after a loss of power: its "
                  "folder does not get onto the disk");
}

}  // namespace gradus::checkpoint
