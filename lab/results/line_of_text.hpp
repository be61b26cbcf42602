#pragma once

#include <string>
#include <string_view>

namespace gradus::lab {

/// Whether it is UTF-8 without control characters, so that a terminal, a page and a JSON document show it as it is.
bool is_line_of_text(std::string_view text);

/// The text with a question mark for each byte that keeps it from being one, and an ellipsis where it goes on beyond
/// `most` bytes.
std::string as_line_of_text(std::string_view text, std::size_t most);

}  // namespace gradus::lab
