#pragma once

#include <cstddef>

#include "gradus/engine/isa.hpp"
#include "gradus/states/dtype.hpp"

namespace gradus::engine {

/// Looks at one chunk of a gradient.
struct Survey {
  /// Is every element finite?
  bool (*finite)(std::size_t n, const void* g);
  /// The sum of squares of factor * g, accumulated in double.
  double (*squares)(std::size_t n, const void* g, double factor);
  /// The largest magnitude.
  double (*largest)(std::size_t n, const void* g);
};

Survey survey_for(Isa isa, Dtype dtype);

}  // namespace gradus::engine
