#pragma once

#include <cstddef>
#include <limits>
#include <new>

namespace gradus::test {

inline constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

/// How many allocations of this thread succeed before one fails. After that one all succeed again.
void allow_allocations(std::size_t count);

/// Lets each allocation of f fail in turn, until there are no
/// more; `check` follows each failure. Returns their number.
template <class F, class Check>
std::size_t fail_in_turn(F f, Check check) {
  for (std::size_t n = 0;; ++n) {
    allow_allocations(n);
    try {
      f();
      allow_allocations(kNever);
      return n;
    } catch (const std::bad_alloc&) {
      allow_allocations(kNever);
      check();
    }
  }
}

}  // namespace gradus::test
