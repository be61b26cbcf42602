#include "lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <random>

#include "record.hpp"
#include "text.hpp"

namespace gradus::checkpoint {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kLockEnd = ".lock", kTemporaryEnd = ".tmp";

/// Who had it before may have removed it since it was opened.
bool is_still_there(Disk& disk, const Descriptor& file, const std::string& path) {
  struct ::stat opened {};
  struct ::stat found {};
  if (again([&] { return disk.fstat(file.get(), opened); }) != 0) fail_by_errno(path, "cannot be looked at");
  if (again([&] { return disk.stat(path.c_str(), found); }) == 0)
    return opened.st_dev == found.st_dev && opened.st_ino == found.st_ino;
  if (errno != ENOENT) fail_by_errno(path, "cannot be looked at");
  return false;
}

/// ".NAME" and the end.
fs::path beside(const fs::path& target, const std::string& end) {
  return folder_of(target) / ("." + target.filename().string() + end);
}

bool is_temporary_end(std::string_view end) {
  return end.size() == 1 + kDigits + kTemporaryEnd.size() && end.starts_with('.') &&
         end.ends_with(kTemporaryEnd) &&
         end.substr(1, kDigits).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::optional<Lock> Lock::try_to_get(Disk& disk, const fs::path& target) {
  std::string path = beside(target, std::string(kLockEnd)).string();
  for (;;) {
    Descriptor file(disk, path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (file.get() < 0) fail_by_errno(path, "cannot be made");
    const bool got = again([&] { return disk.flock(file.get(), LOCK_EX | LOCK_NB); }) == 0;
    if (!got && errno == EWOULDBLOCK) return {};
    if (!got) fail_by_errno(path, "cannot be locked");
    if (is_still_there(disk, file, path)) return Lock(disk, std::move(path), std::move(file));
  }
}

/// Removed first: who locks it then finds that it is gone.
Lock::~Lock() {
  if (file_.get() >= 0) disk_->unlink(path_.c_str());
}

fs::path temporary_for(const fs::path& target) {
  std::random_device device;
  const std::array<unsigned, 4> draws{device(), device(), device(), device()};
  return beside(target, "." + digits_of(std::as_bytes(std::span(draws))) + std::string(kTemporaryEnd));
}

std::optional<std::string> target_of(const std::string& name) {
  if (!name.starts_with('.')) return {};
  if (name.ends_with(kLockEnd)) return name.substr(1, name.size() - 1 - kLockEnd.size());
  const std::size_t end = 1 + kDigits + kTemporaryEnd.size();
  if (name.size() < 1 + end || !is_temporary_end(std::string_view(name).substr(name.size() - end))) return {};
  return name.substr(1, name.size() - 1 - end);
}

void remove_temporaries(Disk& disk, const fs::path& target) {
  const fs::path folder = folder_of(target);
  std::vector<std::string> names;
  if (again([&] { return disk.list(folder.c_str(), names); }) != 0)
    fail_by_errno(folder.string(), "cannot be listed");
  for (const std::string& name : names)
    if (name.ends_with(kTemporaryEnd) && target_of(name) == target.filename().string())
      again([&] { return disk.unlink((folder / name).c_str()); });
}

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : "."; }

}  // namespace gradus::checkpoint
