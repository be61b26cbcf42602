#include "flag_values.hpp"

#include <fmt/format.h>

#include <charconv>

namespace gradus::tool {

CLI::Validator count(int most) {
  const auto in_decimal = [most](std::string& text) -> std::string {
    int value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || value < 1 || value > most)
      return fmt::format("'{}' is not a whole number from 1 to {}", text, most);
    text = std::to_string(value);
    return "";
  };
  return {in_decimal, fmt::format("1 to {}", most), "count"};
}

std::string shell_quoted(const std::string& text) {
  if (text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./,:=@%+-") ==
          std::string::npos &&
      !text.empty())
    return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace gradus::tool
