#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "gradus/gradus.hpp"
#include "gradus/states/buffer.hpp"
#include "traffic.hpp"

namespace gradus::bench {

/// What parameters and gradients are kept as.
struct Types {
  Dtype parameter = Dtype::f32, gradient = Dtype::f32;
};

/// Parameters of given shapes with constant gradients, and an optimizer over them.
class Problem {
 public:
  Problem(const std::vector<Shape>& shapes, const AnyRule& rule, const OptimizerOptions& options,
          Types types = {});

  void step() { optimizer_.step(); }
  /// Gradients of zero, from now on.
  void clear_gradients();
  /// Those of the only parameter; the rule is one of Adam's kind.
  [[nodiscard]] Arrays arrays();
  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] const Buffer& values() const { return values_; }

 private:
  Buffer values_, gradients_;  // aligned as libtorch's are
  Optimizer optimizer_;
  std::vector<ParameterId> parameters_;
};

/// The 161 parameters of ResNet-50 (He et al. 2016, table 1), 25.6 million elements.
std::vector<Shape> resnet50();

/// Weights and biases of a small network of three layers, 5,000 elements.
std::vector<Shape> small_mlp();

inline constexpr std::size_t kMillion = 1 << 20;

/// One tensor of so many elements.
std::vector<Shape> flat(std::size_t size);

std::size_t elements(const std::vector<Shape>& shapes);

}  // namespace gradus::bench
