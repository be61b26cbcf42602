#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

namespace gradus {

/// A file that arrays are kept in, mapped into memory. It has lost its name by the time that it is there, so
/// nothing is left of it however the process ends. A forked child does not have what is mapped.
class ScratchFile {
 public:
  /// Throws Error if something of that name is there, or no file can be.
  explicit ScratchFile(std::string path);
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// So many bytes at its end, zero at first, from a page's beginning on, until the file goes or shrinks. The
  /// disk has room for them from now on. If it has not, throws Error and leaves the file as it was.
  std::byte* take(std::size_t bytes);
  /// Takes back what was taken last.
  void shrink_to(std::size_t size);

  /// Throws Error if the disk has failed to take what was written since the file was made, or this is a forked
  /// child.
  void check();

 private:
  /// A part of the file from `begin` on, mapped: large, since a process can have only so many (65,530).
  struct Extent {
    std::byte* mapped;
    std::size_t begin, bytes;
    [[nodiscard]] std::size_t end() const { return begin + bytes; }
  };

  void check_owner() const;
  void add_extent(std::size_t bytes);
  void drop_extents(std::size_t from);

  std::string path_;
  int fd_;
  pid_t owner_;
  std::size_t size_ = 0;
  std::vector<Extent> extents_;
  int failure_ = 0;  // of the disk: an errno
};

/// Where what is mapped should be: on its way into memory, or out of it. Only hints: it is what it was.
void read_ahead(const std::byte* mapped, std::size_t bytes);
void let_go(const std::byte* mapped, std::size_t bytes);

}  // namespace gradus
