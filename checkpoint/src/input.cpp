#include "input.hpp"

#include <fcntl.h>

#include "text.hpp"

namespace gradus::checkpoint {

namespace {

/// To open a device may do something, so one looks before;
/// a pipe that comes between is not waited for.
Descriptor open_regular(Disk& disk, const std::string& path) {
  struct ::stat found {};
  if (path.find('\0') != std::string::npos) fail(path, "has a zero in its name");
  if (again([&] { return disk.stat(path.c_str(), found); }) != 0) fail_by_errno(path, "cannot be opened");
  check_regular(path, found);
  Descriptor file(disk, path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (file.get() < 0) fail_by_errno(path, "cannot be opened");
  return file;
}

}  // namespace

void check_regular(const std::string& path, const struct ::stat& found) {
  if (S_ISDIR(found.st_mode)) fail(path, "is a folder, not a file");
  if (!S_ISREG(found.st_mode)) fail(path, "is not a regular file");
}

Input::Input(Disk& disk, const std::filesystem::path& path)
    : disk_(&disk), path_(path.string()), file_(open_regular(disk, path_)) {
  struct ::stat found {};
  if (again([&] { return disk.fstat(file_.get(), found); }) != 0) fail_by_errno(path_, "cannot be opened");
  check_regular(path_, found);
  size_ = static_cast<std::uint64_t>(found.st_size);
}

void Input::read(std::uint64_t offset, std::span<std::byte> into) const {
  while (!into.empty()) {
    const ssize_t count = again(
        [&] { return disk_->pread(file_.get(), into.data(), into.size(), static_cast<off_t>(offset)); });
    if (count < 0) fail_by_errno(path_, "cannot be read at byte " + std::to_string(offset));
    if (count == 0)
      fail(path_, "ends at byte " + std::to_string(offset) + "; it had " + std::to_string(size_) +
                      " bytes when it was opened");
    offset += static_cast<std::uint64_t>(count);
    into = into.subspan(static_cast<std::size_t>(count));
  }
}

}  // namespace gradus::checkpoint
