#pragma once

#include <string_view>

namespace gradus::lab {

/// A text file of this folder or of docs/claims/results, by its name; empty for one that there is none of.
std::string_view embedded_claims(std::string_view name);

}  // namespace gradus::lab
