#include "results_file.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "gradus/core/error.hpp"
#include "lab/results/file.hpp"

namespace gradus::tool {

lab::RaceResults results_in(const std::string& file) {
  constexpr std::size_t kMostMiB = 1024;
  if (!std::filesystem::exists(file))
    throw Error(fmt::format("there is no '{}'; a race leaves one: gradus race --out FOLDER", file));
  if (std::filesystem::is_directory(file))
    throw Error(fmt::format("'{}' is a folder; give its results.json", file));
  const std::string text = lab::read_file(file, kMostMiB);
  try {
    return lab::from_text(text);
  } catch (const Error& error) {
    throw Error(fmt::format("'{}' does not hold the results of a race: {}", file, error.what()));
  }
}

}  // namespace gradus::tool
