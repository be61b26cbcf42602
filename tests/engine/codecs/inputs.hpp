#pragma once

// Numbers to be encoded, and draws to encode them by.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/kept.hpp"

namespace gradus::test {

inline constexpr std::uint16_t kSomeDraws[] = {0, 1, 0x7fff, 0x8000, 0xffff};

inline bool has_signs(Dtype dtype) { return dtype != Dtype::ue5m3 && dtype != Dtype::udynamic; }

inline std::vector<std::uint16_t> noise_draws(std::size_t n) {
  std::vector<std::uint16_t> draws(n);
  for (std::size_t i = 0; i < n; ++i) draws[i] = static_cast<std::uint16_t>(i * 40503 + 12345);
  return draws;
}

/// Every float with one of these as its lower 12 bits; those that are half way for some codec among them.
template <class F>
void for_many_floats(F f) {
  constexpr std::uint32_t kLower[] = {0, 1, 0x7ff, 0x800, 0x801, 0xfff};
  std::vector<float> some;
  for (std::uint32_t upper = 0; upper < 1 << 20; ++upper) {
    for (const std::uint32_t lower : kLower) some.push_back(float_of(upper << 12 | lower));
    if (some.size() < 6 * 4096) continue;
    f(some);
    some.clear();
  }
}

/// For tests of what is in blocks: `in` cut into blocks that begin with a given largest element.
inline std::vector<float> anchored(float largest, const std::vector<float>& in) {
  std::vector<float> out;
  for (const float x : in) {
    if (out.size() % engine::kBlock == 0) out.push_back(largest);
    out.push_back(x);
  }
  return out;
}
inline bool is_anchor(std::size_t i) { return i % engine::kBlock == 0; }

}  // namespace gradus::test
