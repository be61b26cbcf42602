#pragma once

#include <optional>
#include <string_view>

#include "gradus/core/error.hpp"

/// What a reader makes of bytes that nobody meant: it refuses them by an Error, or what it accepts is consistent.
namespace gradus::fuzz {

/// What a target does with an input. Where this throws, or expects in vain, the fuzzer keeps the input.
void look_at(std::string_view input);

/// Ends the program unless that is so.
void expect(bool is_so, const char* what);

/// What f makes of an input; nothing where it throws Error. Whatever else it throws is a finding.
template <class F>
auto accepted(F f) -> std::optional<decltype(f())> {
  try {
    return f();
  } catch (const Error&) {
    return {};
  }
}

/// Whether f throws no Error; what one says is given to look at.
template <class F>
bool accepts(
    F f, void (*look_at_message)(std::string_view) = [](std::string_view) {}) {
  try {
    f();
  } catch (const Error& error) {
    look_at_message(error.what());
    return false;
  }
  return true;
}

}  // namespace gradus::fuzz
