#include "lab/results/line_of_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace gradus::lab {
namespace {

unsigned byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

bool is_ascii_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }

/// In UTF-8: C1 controls (U+0080 to U+009F), and marks that turn the direction of what follows (U+202A to U+202E, U+2066
/// to U+2069).
bool is_other_control(std::string_view text, std::size_t i) {
  const unsigned first = byte_at(text, i), second = byte_at(text, i + 1), third = byte_at(text, i + 2);
  if (first == 0xC2) return second < 0xA0;
  if (first != 0xE2) return false;
  return (second == 0x80 && third >= 0xAA && third <= 0xAE) ||
         (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

bool is_utf8(std::string_view text) {
  try {
    static_cast<void>(nlohmann::json(text).dump());
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

}  // namespace

bool is_line_of_text(std::string_view text) {
  if (std::ranges::any_of(text, is_ascii_control)) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (is_other_control(text, i)) return false;
  return is_utf8(text);
}

}  // namespace gradus::lab
