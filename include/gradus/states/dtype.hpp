#pragma once

#include <cstddef>
#include <type_traits>

namespace gradus {

/// How the elements of a parameter or a slot are kept.
enum class Dtype { f32, f64 };

template <class T>
requires(std::is_same_v<T, float> ||
         std::is_same_v<T, double>) inline constexpr Dtype kDtypeOf = std::is_same_v<T, float> ? Dtype::f32
                                                                                               : Dtype::f64;

constexpr std::size_t bytes_of(Dtype dtype) { return dtype == Dtype::f32 ? sizeof(float) : sizeof(double); }
constexpr const char* name_of(Dtype dtype) { return dtype == Dtype::f32 ? "float32" : "float64"; }

/// Calls f with a T{} of the type that the dtype stands for.
template <class F>
auto with_type(Dtype dtype, F f) {
  return dtype == Dtype::f32 ? f(float{}) : f(double{});
}

}  // namespace gradus
