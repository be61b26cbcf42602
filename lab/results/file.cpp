#include "lab/results/file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "gradus/core/error.hpp"

namespace gradus::lab {

namespace fs = std::filesystem;

std::string read_file(const fs::path& file, std::size_t most_mib) {
  const auto refuse = [&file](const std::string& why) { throw Error(file.string() + ": " + why); };
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  std::error_code error;
  if (fs::is_directory(file, error)) refuse("is a folder, not a file");
  if (fs::exists(file, error) && !fs::is_regular_file(file, error)) refuse("is not a regular file");
  const std::string too_large = fmt::format("is larger than the {} MiB that are read here", most_mib);
  const std::uintmax_t size = fs::file_size(file, error);
  if (!error && size > most_mib * kMiB) refuse(too_large);
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) refuse("cannot be opened: " + std::generic_category().message(errno ? errno : ENOENT));
  std::string bytes;
  const std::size_t block = error ? kMiB : std::clamp<std::uintmax_t>(size + 1, 4096, kMiB);
  while (in && bytes.size() <= most_mib * kMiB) {
    const std::size_t before = bytes.size();
    bytes.resize(before + block);
    in.read(bytes.data() + before, static_cast<std::streamsize>(block));
    bytes.resize(before + static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) refuse("cannot be read");
  if (bytes.size() > most_mib * kMiB) refuse(too_large);  // it grew
  return bytes;
}

}  // namespace gradus::lab
