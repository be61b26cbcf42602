#pragma once

#include <ATen/ATen.h>

#include "lab/tasks/net.hpp"

/// Weights and inputs by the formulas of golden/make_nets.py.
namespace gradus::lab::test {

inline at::Tensor wave(std::int64_t n, double phase) {
  return at::sin(at::arange(n, at::kDouble) * 0.7 + phase);
}

inline void fill(const Net& net) {
  const at::NoGradGuard no_grad;
  double k = 0;
  for (auto& [name, parameter] : net.parameters())
    parameter.view({-1}).copy_(0.1 * wave(parameter.numel(), k++));
}

inline at::Tensor images(std::int64_t n, std::int64_t side) {
  return wave(n * side * side, 0.5).to(at::kFloat).view({n, 1, side, side});
}

inline at::Tensor tokens(std::int64_t n, std::int64_t length, std::int64_t count) {
  const at::Tensor i = at::arange(n * length, at::kLong);
  return (7 * i * i + 3 * i).remainder(count).view({n, length});
}

}  // namespace gradus::lab::test
