#include "lab/data/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gradus/core/error.hpp"
#include "lab/results/file.hpp"

namespace gradus::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostMiB = 256;

[[noreturn]] void refuse(const fs::path& file, const std::string& why) {
  throw Error(file.string() + ": " + why);
}

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; }

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_empty(std::string_view line) { return std::ranges::all_of(line, is_blank); }

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

void each_line(const fs::path& file, const std::function<void(std::size_t, std::string_view)>& take) {
  const std::string bytes = read_file(file, kMostMiB);
  if (const std::size_t zero = bytes.find('\0'); zero != std::string::npos)
    refuse(file, fmt::format("is no text: byte {} is zero", zero));
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // some editors begin UTF-8 with it
  std::string_view rest = bytes;
  if (rest.starts_with(kByteOrderMark)) rest.remove_prefix(kByteOrderMark.size());
  for (std::size_t number = 1; !rest.empty(); ++number) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!is_empty(line)) take(number, line);
  }
}

std::vector<Text> read_labelled(const fs::path& file) {
  std::vector<Text> texts;
  each_line(file, [&](std::size_t number, std::string_view line) {
    const std::size_t tab = line.find('\t');
    const std::string_view label = without_blanks(line.substr(0, tab));
    if (label.empty() || tab == std::string_view::npos)
      refuse(file, fmt::format("line {} has no label; a line is a label, a tab and a text", number));
    texts.push_back({std::string(label), std::string(line.substr(tab + 1))});
  });
  return texts;
}

std::vector<Text> read_plain(const fs::path& file) {
  std::vector<Text> texts;
  each_line(file, [&](std::size_t, std::string_view line) { texts.push_back({"", std::string(line)}); });
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
