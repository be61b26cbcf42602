#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "gradus/core/error.hpp"

namespace gradus::test {

inline ::testing::AssertionResult contains(const std::string& text, std::string_view part) {
  if (text.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << '"' << text << "\" does not contain \"" << part << '"';
}

/// The message of the Error that f throws, or "" if it throws none.
template <class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace gradus::test
