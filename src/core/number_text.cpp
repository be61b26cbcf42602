#include "gradus/core/number_text.hpp"

#include <array>
#include <charconv>

#include "gradus/core/error.hpp"

namespace gradus {

std::string number_text(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

double parse_number(std::string_view text, std::string_view what) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range)
    throw Error(std::string(what) + ": " + std::string(text) + " is beyond the range of a double");
  if (error != std::errc{} || end != text.data() + text.size())
    throw Error(std::string(what) + ": '" + std::string(text) + "' is not a number");
  return value;
}

}  // namespace gradus
