#pragma once

#include <string>
#include <string_view>

namespace gradus {

/// The shortest text that reads back as the same number.
std::string number_text(double value);

/// The number that a text is, whole. Throws Error, which
/// quotes the text and says what it was for, if it is none.
double parse_number(std::string_view text, std::string_view what);

}  // namespace gradus
