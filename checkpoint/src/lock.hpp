#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "descriptor.hpp"

namespace gradus::checkpoint {

/// The right to write to a path: a file beside it, ".NAME.lock", that is there and locked (flock) as long
/// as the object is. A process that dies gives up its lock; the file that it leaves is the next one's.
class Lock {
 public:
  /// Nothing: somebody else has it. Throws Error.
  static std::optional<Lock> try_to_get(Disk& disk, const std::filesystem::path& target);

  Lock(Lock&& other) noexcept = default;
  Lock& operator=(Lock&&) = delete;
  ~Lock();

 private:
  Lock(Disk& disk, std::string path, Descriptor file)
      : disk_(&disk), path_(std::move(path)), file_(std::move(file)) {}

  Disk* disk_;
  std::string path_;
  Descriptor file_;
};

/// A file for what is not yet whole, beside the target and
/// of a name of its own: ".NAME.0123456789abcdef.tmp".
std::filesystem::path temporary_for(const std::filesystem::path& target);

/// The name of the target of a lock or of a temporary file; nothing where it is a name of neither.
std::optional<std::string> target_of(const std::string& name);

/// Removes temporary files of the target. Who has its lock knows that their writers are dead.
void remove_temporaries(Disk& disk, const std::filesystem::path& target);

std::filesystem::path folder_of(const std::filesystem::path& file);

}  // namespace gradus::checkpoint
