#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace gradus::lab {

/// All bytes of a regular file: nothing else ends for certain. Throws Error, which begins with the file's name, if it
/// is something else, cannot be read, or has more than so many MiB.
std::string read_file(const std::filesystem::path& file, std::size_t most_mib);

}  // namespace gradus::lab
