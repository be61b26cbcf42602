#pragma once

#include <cstddef>
#include <string>

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

  /// So many bytes at its end, zero at first, from a page's beginning on; unmap() ends them. The disk has room
  /// for them from now on. If it has not, throws Error and leaves the file as it was.
  std::byte* map(std::size_t bytes);
  static void unmap(std::byte* mapped, std::size_t bytes);
  /// Takes back what was mapped last.
  void shrink_to(std::size_t size);

  /// Throws Error if the disk has failed to take what was written since the file was made.
  void check();

 private:
  std::string path_;
  int fd_;
  std::size_t size_ = 0;
  int failure_ = 0;  // of the disk: an errno
};

/// Where what is mapped should be: on its way into memory, or out of it. Only hints: it is what it was.
void read_ahead(const std::byte* mapped, std::size_t bytes);
void let_go(const std::byte* mapped, std::size_t bytes);

}  // namespace gradus
