#pragma once

#include <cstddef>
#include <ranges>
#include <type_traits>

#include "gradus/states/dtype.hpp"

namespace gradus {

template <class T>
inline constexpr bool kIsElement = requires {
  kDtypeOf<T>;
};

/// An array that is somebody else's: what it is of, where it lies, how many elements it has. Made of a vector
/// or span of float, double, bfloat16 or float16; or of its parts, where they come from elsewhere.
template <class Pointer>
struct BasicElements {
  static constexpr bool kWritable = !std::is_const_v<std::remove_pointer_t<Pointer>>;

  Dtype dtype = Dtype::f32;  ///< one of these four
  Pointer data = nullptr;
  std::size_t size = 0;

  BasicElements() = default;
  BasicElements(Dtype type, Pointer array, std::size_t count) : dtype(type), data(array), size(count) {}

  // NOLINTBEGIN(google-explicit-constructor,bugprone-forwarding-reference-overload): `add("x", {2}, x, g)` with
  // vectors and spans is how users write it
  /// Not of a temporary, which would be gone.
  template <std::ranges::contiguous_range R>
  requires(std::ranges::borrowed_range<R>&& kIsElement<std::ranges::range_value_t<R>> &&
           !(kWritable && std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<R>>>))
      BasicElements(R&& array)
      : dtype(kDtypeOf<std::ranges::range_value_t<R>>),
        data(std::ranges::data(array)),
        size(std::ranges::size(array)) {}
  // NOLINTEND(google-explicit-constructor,bugprone-forwarding-reference-overload)
};

using Elements = BasicElements<void*>;
using ConstElements = BasicElements<const void*>;

}  // namespace gradus
