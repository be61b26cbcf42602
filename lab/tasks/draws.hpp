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
  /// 1 or -1.
  double sign();
  /// Of mean 0 and variance 1, normally: by Box & Muller ("A note on the generation of random normal deviates", 1958),
  /// so that last bits are those of the C library's logarithm and cosine.
  double normal();

 private:
  std::uint64_t state_;
};

}  // namespace gradus::lab
