#pragma once

#include <cstdint>

namespace gradus::lab {

/// Random numbers that are the same everywhere: SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom
/// number generators", OOPSLA 2014) with its mixing function's variant 13.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed) {}

  std::uint64_t word();
  double uniform(double low, double high);
  /// Of mean 0 and variance 1, uniformly.
  double unit_noise();

 private:
  std::uint64_t state_;
};

}  // namespace gradus::lab
