#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// "a, b, c"
std::string listed(const std::vector<std::string>& names);

/// The names most like a mistyped one (by edit distance, or beginning with it), best first; at most three.
std::vector<std::string> nearest(std::string_view mistyped, const std::vector<std::string>& names);

/// "the nearest: a, b", or "there are: " and all of them where none is like it.
std::string suggestion(std::string_view mistyped, const std::vector<std::string>& names);

}  // namespace gradus
