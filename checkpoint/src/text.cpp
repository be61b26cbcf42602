#include "text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <system_error>

#include "gradus/core/error.hpp"

namespace gradus::checkpoint {

namespace {

struct Range {
  std::uint32_t first, last;
};

/// Controls, marks of direction, separators of lines, invisible characters and tags, surrogates.
constexpr std::array kHidden{Range{0x00, 0x1F},     Range{0x7F, 0x9F},      Range{0xAD, 0xAD},
                             Range{0x61C, 0x61C},   Range{0x200B, 0x200F},  Range{0x2028, 0x202E},
                             Range{0x2060, 0x206F}, Range{0xD800, 0xDFFF},  Range{0xFEFF, 0xFEFF},
                             Range{0xFFF9, 0xFFFB}, Range{0xE0000, 0xE0FFF}};

/// How many bytes a character has that begins so; 0: none begins so.
std::size_t length_after(unsigned first) {
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/// How many bytes of the text are its first character; 0: it is none, or one that is not to be shown.
std::size_t first_character(std::string_view text) {
  constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const unsigned first = static_cast<unsigned char>(text[0]);
  const std::size_t length = length_after(first);
  if (length == 0 || length > text.size()) return 0;
  std::uint32_t code = length == 1 ? first : first & (0x7FU >> length);
  for (const char c : text.substr(1, length - 1)) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80) return 0;
    code = code << 6U | (static_cast<unsigned char>(c) & 0x3FU);
  }
  const bool hidden =
      std::ranges::any_of(kHidden, [code](Range r) { return r.first <= code && code <= r.last; });
  return hidden || code < kLeast.at(length) || code > 0x10FFFF ? 0 : length;
}

std::string escaped(char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const unsigned byte = static_cast<unsigned char>(c);
  return {'\\', 'x', kDigits[byte / 16], kDigits[byte % 16]};
}

}  // namespace

std::string shown(std::string_view text, std::size_t most) {
  std::string line;
  while (!text.empty() && line.size() < most) {
    const std::size_t length = first_character(text);
    line += length == 0 ? escaped(text[0]) : std::string(text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text.empty() ? line : line + "…";
}

std::string tensor_text(std::string_view name) { return "tensor '" + shown(name) + "'"; }

std::string json_string(std::string_view file, const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    fail(file, "'" + shown(text) + "' is not UTF-8");
  }
}

void fail(std::string_view file, const std::string& why) { throw Error(shown(file) + ": " + why); }

void fail_by_errno(std::string_view file, const std::string& why) {
  fail(file, why + ": " + std::system_category().message(errno));
}

}  // namespace gradus::checkpoint
