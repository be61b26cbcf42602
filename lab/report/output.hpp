#pragma once

#include <filesystem>
#include <span>
#include <string_view>

namespace gradus::lab {

/// Makes `folder` (and its parents) if need be and proves that a file can be written there, so that a race
/// does not find out at its end. Throws Error with the path and the system's reason, also where one of the names to
/// come is that of a folder.
void prepare_output_folder(const std::filesystem::path& folder, std::span<const char* const> names);

/// The file is there whole or not at all: written beside `path` under
/// another name, synced, and renamed over it. Throws Error with the path and
/// the system's reason; the other file is then removed and `path` untouched.
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace gradus::lab
