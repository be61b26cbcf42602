#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gradus/gradus.hpp"

namespace gradus::test {

/// The training of pytorch_cases.py.
struct PytorchTraining {
  std::vector<float> w = begin(6, 0), b = begin(5, 1), w_gradient = std::vector<float>(6),
                     b_gradient = std::vector<float>(5);
  Optimizer optimizer;

  explicit PytorchTraining(const AnyRule& rule) : optimizer(rule) {
    optimizer.add("w", {2, 3}, w, w_gradient);
    optimizer.add("b", rule.program().is_matrix() ? Shape{5, 1} : Shape{5}, b, b_gradient);
  }

  void train(std::int64_t first, std::int64_t last) {
    for (std::int64_t t = first; t < last; ++t) {
      for (std::vector<float>* g : {&w_gradient, &b_gradient})
        for (std::size_t i = 0; i < g->size(); ++i) (*g)[i] = gradient(static_cast<std::int64_t>(i), t);
      optimizer.step();
    }
  }

 private:
  static float gradient(std::int64_t i, std::int64_t t) {
    return static_cast<float>((7 * i * i + 3 * i + 11 * t) % 17 - 8) / 8;
  }
  static std::vector<float> begin(std::size_t n, std::size_t k) {
    std::vector<float> x;
    for (std::size_t i = 0; i < n; ++i) x.push_back(static_cast<float>((3 * i + 5 * k) % 7) / 2 - 1.5F);
    return x;
  }
};

}  // namespace gradus::test
