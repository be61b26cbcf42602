#pragma once

#include <cstddef>
#include <limits>
#include <new>

namespace gradus::test {

inline constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

/// What becomes of allocations after the first that fails.
enum class Then { succeed, fail };

/// How many allocations of this thread succeed before one fails.
void allow_allocations(std::size_t count, Then then = Then::succeed);

/// Lets each allocation of f fail in turn, alone and with all that follow it, until
/// there are no more; `check` follows each failure. Returns their number.
template <class F, class Check>
std::size_t fail_in_turn(F f, Check check) {
  for (std::size_t n = 0;; ++n)
    for (const Then then : {Then::succeed, Then::fail}) {
      allow_allocations(n, then);
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
