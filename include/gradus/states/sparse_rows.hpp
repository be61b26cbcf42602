#pragma once

#include <concepts>
#include <cstdint>
#include <ranges>
#include <span>

#include "gradus/states/elements.hpp"

namespace gradus {

/// Numbers of rows, which are somebody else's: made of a vector or span of std::int64_t.
class BorrowedRows : public std::span<const std::int64_t> {
 public:
  BorrowedRows() = default;

  // NOLINTBEGIN(google-explicit-constructor,bugprone-forwarding-reference-overload): `{rows, values}` with vectors and
  // spans is how users write it
  /// Not of a temporary, which would be gone.
  template <std::ranges::contiguous_range R>
  requires(std::ranges::borrowed_range<R>&& std::same_as<std::ranges::range_value_t<R>, std::int64_t>)
      BorrowedRows(R&& rows)
      : span(std::ranges::data(rows), std::ranges::size(rows)) {}
  // NOLINTEND(google-explicit-constructor,bugprone-forwarding-reference-overload)
};

/// A gradient that is zero but for some rows of a parameter, seen as a matrix: first dimension by all others.
/// Rows come in any order and any number of times; the values of equal ones are added up in their order.
struct SparseRows {
  BorrowedRows rows;     ///< each in [0, first dimension of the parameter)
  ConstElements values;  ///< a row for each of them: rows.size() x columns
};

}  // namespace gradus
