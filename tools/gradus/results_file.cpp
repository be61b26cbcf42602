#include "results_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gradus/core/error.hpp"

namespace gradus::tool {
namespace {

std::string contents(const std::string& file) {
  if (!std::filesystem::exists(file))
    throw Error(fmt::format("there is no '{}'; a race leaves one: gradus race --out FOLDER", file));
  if (std::filesystem::is_directory(file))
    throw Error(fmt::format("'{}' is a folder; give its results.json", file));
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || !text) throw Error(fmt::format("cannot read '{}'", file));
  return text.str();
}

}  // namespace

lab::RaceResults results_in(const std::string& file) {
  const std::string text = contents(file);
  try {
    return lab::from_text(text);
  } catch (const Error& error) {
    throw Error(fmt::format("'{}' does not hold the results of a race: {}", file, error.what()));
  }
}

}  // namespace gradus::tool
