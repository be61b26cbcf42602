#pragma once

#include <string_view>

namespace gradus::lab {

/// A text file of this folder, by its name; empty for one that there is none of.
std::string_view embedded_minima(std::string_view name);

}  // namespace gradus::lab
