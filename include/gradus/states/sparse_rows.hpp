#pragma once

#include <cstdint>
#include <span>

#include "gradus/states/elements.hpp"

namespace gradus {

/// A gradient that is zero but for some rows of a parameter, seen as a matrix: first dimension by all others.
/// Rows come in any order and any number of times; the values of equal ones are added up in their order.
struct SparseRows {
  std::span<const std::int64_t> rows;  ///< each in [0, first dimension of the parameter)
  ConstElements values;                ///< a row for each of them: rows.size() x columns
};

}  // namespace gradus
