#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>

namespace gradus::test {

/// Seconds of work(count): the fastest of three times, since the machine may have other work.
template <class Work>
double seconds_of(Work work, std::size_t count) {
  double fastest = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 3; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    work(count);
    fastest =
        std::min(fastest, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return fastest;
}

/// That the time for `many` is about in proportion, and not to their square: a sixteenth of them is what it is
/// compared with.
template <class Work>
void expect_linear_time(Work work, std::size_t many) {
  const double few = seconds_of(work, many / 16), all = seconds_of(work, many);
  EXPECT_LT(all, 16 * 6 * few) << "seconds for " << many << "; a sixteenth takes " << few;
}

}  // namespace gradus::test
