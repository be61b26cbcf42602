#pragma once

#include <string>
#include <string_view>

namespace gradus::checkpoint {

/// As it may stand in a message, which is one line: what a terminal would obey, what turns the direction of
/// writing, and what is no UTF-8 becomes \xNN. What is long ends in an ellipsis.
std::string shown(std::string_view text);

/// "tensor 'name'", shown.
std::string tensor_text(std::string_view name);

/// Throws Error.
[[noreturn]] void fail(std::string_view file, const std::string& why);
/// The same for what errno tells.
[[noreturn]] void fail_by_errno(std::string_view file, const std::string& why);

}  // namespace gradus::checkpoint
