#include "lab/data/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include "gradus/core/error.hpp"

namespace gradus::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = std::size_t{1} << 28;

[[noreturn]] void refuse(const fs::path& file, const std::string& why) {
  throw Error(file.string() + ": " + why);
}

/// All bytes of the file, as far as they are really there.
std::string read_bytes(const fs::path& file) {
  std::error_code error;
  if (fs::is_directory(file, error)) refuse(file, "is a folder, not a file");
  if (fs::exists(file, error) && !fs::is_regular_file(file, error)) refuse(file, "is not a regular file");
  const std::string too_large = "is larger than the 256 MiB of text that are read here";
  if (const std::uintmax_t size = fs::file_size(file, error); !error && size > kMostBytes)
    refuse(file, too_large);
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) refuse(file, "cannot be opened: " + std::generic_category().message(errno ? errno : ENOENT));
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  std::string bytes;
  while (in && bytes.size() <= kMostBytes) {
    const std::size_t before = bytes.size();
    bytes.resize(before + kBlock);
    in.read(bytes.data() + before, kBlock);
    bytes.resize(before + static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) refuse(file, "cannot be read");
  if (bytes.size() > kMostBytes) refuse(file, too_large);  // it grew, or has no size
  return bytes;
}

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; }

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_empty(const std::string& line) { return std::ranges::all_of(line, is_blank); }

}  // namespace

std::vector<std::string> read_lines(const fs::path& file) {
  const std::string bytes = read_bytes(file);
  if (const std::size_t zero = bytes.find('\0'); zero != std::string::npos)
    refuse(file, fmt::format("is no text: byte {} is zero", zero));
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // some editors begin UTF-8 with it
  std::vector<std::string> lines;
  for (std::size_t from = bytes.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
       from < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', from), bytes.size());
    lines.push_back(bytes.substr(from, end - from));
    if (lines.back().ends_with('\r')) lines.back().pop_back();
    from = end + 1;
  }
  return lines;
}

std::vector<Text> read_labelled(const fs::path& file) {
  std::vector<Text> texts;
  std::size_t number = 0;
  for (const std::string& line : read_lines(file)) {
    ++number;
    if (is_empty(line)) continue;
    const std::size_t tab = line.find('\t');
    if (tab == 0 || tab == std::string::npos)
      refuse(file, fmt::format("line {} has no label; a line is a label, a tab and a text", number));
    texts.push_back({line.substr(0, tab), line.substr(tab + 1)});
  }
  return texts;
}

std::vector<Text> read_plain(const fs::path& file) {
  std::vector<Text> texts;
  for (std::string& line : read_lines(file))
    if (!is_empty(line)) texts.push_back({"", std::move(line)});
  return texts;
}

std::vector<std::string> tokens_of(std::string_view text) {
  std::vector<std::string> tokens;
  bool in_word = false;
  for (const char c : text) {
    const bool of_word = is_word_byte(c);
    if (of_word && in_word)
      tokens.back() += lowered(c);
    else if (!is_blank(c))
      tokens.emplace_back(1, lowered(c));
    in_word = of_word;
  }
  return tokens;
}

Vocabulary::Vocabulary(const std::unordered_map<std::string, std::int64_t>& counts, std::size_t most) {
  std::vector<std::pair<std::int64_t, std::string>> tokens;
  tokens.reserve(counts.size());
  for (const auto& [token, count] : counts) tokens.emplace_back(-count, token);
  std::ranges::sort(tokens);
  tokens.resize(std::min(most, tokens.size()));
  for (auto& [count, token] : tokens)
    numbers_.emplace(std::move(token), static_cast<std::int32_t>(numbers_.size() + 1));
}

std::int32_t Vocabulary::number(const std::string& token) const {
  const auto found = numbers_.find(token);
  return found == numbers_.end() ? 0 : found->second;
}

}  // namespace gradus::lab
