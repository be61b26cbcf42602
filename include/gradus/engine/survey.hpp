#pragma once

#include <cstddef>

#include "gradus/engine/isa.hpp"
#include "gradus/states/dtype.hpp"

namespace gradus::engine {

/// Looks at one chunk of a gradient.
struct Survey {
  /// The largest magnitude; NaN where there is one. So one look tells whether all elements are finite, and
  /// whether their squares are.
  double (*largest)(std::size_t n, const void* g);
  /// The sum of squares of factor * g, accumulated in double: leaves and their tree.
  double (*squares)(std::size_t n, const void* g, double factor);
};

/// Of gradients in float32, float64, bfloat16 or float16.
Survey survey_for(Isa isa, Dtype dtype);

}  // namespace gradus::engine
