#pragma once

#include <string_view>

namespace gradus::lab {

/// The text of a file that was built into the program, by its name without folders; empty when there is none,
/// as `vega.js` where it could not be had.
std::string_view embedded(std::string_view name);

}  // namespace gradus::lab
