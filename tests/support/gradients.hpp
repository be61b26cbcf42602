#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "gradus/gradus.hpp"

namespace gradus::test {

/// Numbers like those of training, the same on every machine: a hash of (seed, i), scaled to between 1e-4 and
/// 1e2 with both signs, and now and then 0.
inline double noise(std::uint64_t seed, std::uint64_t i) {
  std::uint64_t z = (seed + 1) * 0x9e3779b97f4a7c15 + i * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  z ^= z >> 31;
  if (z % 17 == 0) return 0;
  static constexpr double kScale[] = {1e-4, 1e-2, 1, 1e2};
  return (static_cast<double>(z >> 11) * 0x1p-52 - 1) * kScale[z % 4];
}

template <class T>
std::vector<T> noise_array(std::uint64_t seed, std::size_t n) {
  std::vector<T> array(n);
  for (std::size_t i = 0; i < n; ++i) array[i] = static_cast<T>(noise(seed, i));
  return array;
}

/// Parameters with gradients, and an optimizer over them.
template <class T>
struct Bench {
  std::vector<std::vector<T>> x, g;
  std::vector<ParameterId> ids;
  Optimizer optimizer;

  Bench(const AnyRule& rule, const std::vector<Shape>& shapes, OptimizerOptions options = {})
      : optimizer(rule, std::move(options)) {
    x.reserve(shapes.size());
    g.reserve(shapes.size());
    for (std::size_t p = 0; p < shapes.size(); ++p) {
      std::size_t n = 1;
      for (const std::int64_t d : shapes[p]) n *= static_cast<std::size_t>(d);
      x.push_back(noise_array<T>(1000 + p, n));
      g.push_back(std::vector<T>(n));
      ids.push_back(optimizer.add("p" + std::to_string(p), shapes[p], x[p], g[p]));
    }
  }

  /// New gradients, which depend on the step.
  void draw(std::uint64_t step) {
    for (std::size_t p = 0; p < g.size(); ++p) {
      const std::vector<T> fresh = noise_array<T>(7919 * step + p, g[p].size());
      std::copy(fresh.begin(), fresh.end(), g[p].begin());  // in place: the optimizer has borrowed it
    }
  }
  StepReport step(std::uint64_t number) {
    draw(number);
    return optimizer.step();
  }
};

}  // namespace gradus::test
