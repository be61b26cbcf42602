#include "lab/data/wordnet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include "gradus/core/error.hpp"

namespace gradus::lab {
namespace {

namespace fs = std::filesystem;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "00001740 03 n 01 entity 0 003 ~ … | the definition; "an example"": the head has two numbers of fixed width.
bool has_head(std::string_view line) {
  return line.size() > 11 && std::ranges::all_of(line.substr(0, 8), is_digit) && line[8] == ' ' &&
         std::ranges::all_of(line.substr(9, 2), is_digit) && line[11] == ' ';
}

std::string definition(std::string_view gloss) {
  gloss = gloss.substr(0, gloss.find('"'));
  const std::size_t from = gloss.find_first_not_of(' '), last = gloss.find_last_not_of(" ;:,-");
  return last == std::string_view::npos || from > last ? ""
                                                       : std::string(gloss.substr(from, last + 1 - from));
}

void read_glosses(const fs::path& file, std::vector<Text>& texts) {
  each_line(file, [&](std::size_t number, std::string_view line) {
    if (line.starts_with("  ")) return;  // the licence
    const std::size_t bar = line.find(" | ");
    if (!has_head(line) || bar == std::string::npos)
      throw Error(
          fmt::format("{}: line {} is none of WordNet's: it begins with the numbers of a concept and "
                      "its lexicographer file, and has a gloss after a bar",
                      file.string(), number));
    std::string words = definition(line.substr(bar + 3));
    if (!words.empty()) texts.push_back({std::string(line.substr(9, 2)), std::move(words)});
  });
}

}  // namespace

bool is_wordnet(const fs::path& source) {
  std::error_code error;
  return source == kWordNet || fs::exists(source / "data.noun", error);
}

std::vector<Text> read_wordnet(const fs::path& folder) {
  std::vector<Text> texts;
  for (const char* name : {"data.noun", "data.verb", "data.adj", "data.adv"}) {
    std::error_code error;
    if (!fs::exists(folder / name, error))
      throw Error(fmt::format(
          "{} is not there: {}", (folder / name).string(),
          folder == kWordNet ? "install Debian's package wordnet-base, or name a file of your own with --data"
                             : "a folder that --data names has WordNet's data.noun, .verb, .adj and .adv"));
    read_glosses(folder / name, texts);
  }
  return texts;
}

}  // namespace gradus::lab
