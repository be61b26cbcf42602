#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <span>
#include <string>

#include "gradus/optimizer.hpp"

namespace gradus::python {

/// Somebody's array, kept alive while this is: of NumPy, or of whatever has __dlpack__ or the buffer protocol.
struct Array {
  nanobind::ndarray<nanobind::ro> held;
  Dtype dtype = Dtype::f32;
  void* data = nullptr;
  std::size_t size = 0;
  Shape shape;

  [[nodiscard]] Elements elements() const { return {dtype, data, size}; }
  [[nodiscard]] ConstElements const_elements() const { return {dtype, data, size}; }
};

enum class Access { read, write };

/// Throws Error, which begins with `what`, for an array that is not contiguous, not in memory of the CPU, of another type
/// than the four that gradus knows, or not writable where it is to be written; TypeError for what is no array.
Array array_of(const std::string& what, nanobind::handle source, Access access);

/// Numbers of rows: an array of int64 or int32, as int64.
struct RowNumbers {
  nanobind::ndarray<nanobind::ro> held;
  std::vector<std::int64_t> converted;
  std::span<const std::int64_t> numbers;
};
RowNumbers row_numbers_of(const std::string& what, nanobind::handle source);

/// A new array of NumPy, with a copy of the numbers.
template <class T>
nanobind::object new_array(const Shape& shape, std::span<const T> numbers);

}  // namespace gradus::python
