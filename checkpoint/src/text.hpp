#pragma once

#include <string>
#include <string_view>

#include "gradus/checkpoint/shown.hpp"

namespace gradus::checkpoint {

/// "tensor 'name'", shown.
std::string tensor_text(std::string_view name);

/// The text as JSON has it. Throws Error where it is no UTF-8.
std::string json_string(std::string_view file, const std::string& text);

/// Throws Error.
[[noreturn]] void fail(std::string_view file, const std::string& why);
/// The same for what errno tells.
[[noreturn]] void fail_by_errno(std::string_view file, const std::string& why);

}  // namespace gradus::checkpoint
