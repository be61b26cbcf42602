#pragma once

#include <CLI/App.hpp>
#include <string>

namespace gradus::tool {

/// A whole number from 1 to `most`, in decimal digits: CLI11 by itself would take 010 for 8.
CLI::Validator count(int most);

/// As a shell takes it for one word.
std::string shell_quoted(const std::string& text);

}  // namespace gradus::tool
