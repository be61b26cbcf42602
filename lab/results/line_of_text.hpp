#pragma once

#include <string_view>

namespace gradus::lab {

/// Whether it is UTF-8 without control characters, so that a terminal, a page and a JSON document show it as it is.
bool is_line_of_text(std::string_view text);

}  // namespace gradus::lab
