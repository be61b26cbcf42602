#pragma once

#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace gradus::test {

/// False under the sanitizers, unless GRADUS_TESTS=long: they take ten times as long, and look at memory and at
/// threads, which some types, shapes and numbers of threads show as well as all.
inline bool thorough() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  const char* const length = std::getenv("GRADUS_TESTS");
  return length != nullptr && std::string_view(length) == "long";
#else
  return true;
#endif
}

/// The first is one.
inline std::vector<std::size_t> several_threads() {
  if (thorough()) return {1, 2, 3, 8};
  return {1, 3};
}

}  // namespace gradus::test
