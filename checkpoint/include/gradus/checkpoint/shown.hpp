#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gradus::checkpoint {

/// The text as it may stand in a message, which is one line: what a terminal would obey, what turns the direction of
/// writing, and what is no UTF-8 becomes \xNN. What is longer than that ends in an ellipsis.
std::string shown(std::string_view text, std::size_t most = 1000);

}  // namespace gradus::checkpoint
