#include "arrays.hpp"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "gradus/core/error.hpp"
#include "gradus/core/shape_text.hpp"

namespace nb = nanobind;

namespace gradus::python {

namespace {

using AnyArray = nb::ndarray<nb::ro>;

std::string name_of_dtype(nb::dlpack::dtype dtype) {
  static constexpr const char* kinds[] = {"int", "uint", "float", "opaque", "bfloat", "complex", "bool"};
  const std::string kind = dtype.code < std::size(kinds) ? kinds[dtype.code] : "unknown";
  return kind == "bool" ? kind : kind + std::to_string(dtype.bits);
}

/// None of those that gradus knows: nothing.
std::optional<Dtype> dtype_of(nb::dlpack::dtype dtype) {
  const auto code = static_cast<nb::dlpack::dtype_code>(dtype.code);
  if (dtype.lanes != 1) return std::nullopt;
  if (code == nb::dlpack::dtype_code::Bfloat && dtype.bits == 16) return Dtype::bf16;
  if (code != nb::dlpack::dtype_code::Float) return std::nullopt;
  if (dtype.bits == 32) return Dtype::f32;
  if (dtype.bits == 64) return Dtype::f64;
  if (dtype.bits == 16) return Dtype::f16;
  return std::nullopt;
}

bool contiguous(const AnyArray& array) {
  if (array.size() == 0) return true;
  std::int64_t expected = 1;
  for (std::size_t i = array.ndim(); i-- > 0;) {
    if (array.shape(i) != 1 && array.stride(i) != expected) return false;
    expected *= static_cast<std::int64_t>(array.shape(i));
  }
  return true;
}

/// NumPy's bfloat16 is ml_dtypes', which neither protocol can tell: the same memory as integers.
bool is_bfloat16_of_numpy(nb::handle source) {
  const nb::object dtype = nb::getattr(source, "dtype", nb::none());
  return nb::hasattr(source, "__array_interface__") &&
         nb::getattr(dtype, "name", nb::none()).equal(nb::str("bfloat16"));
}

/// Tensors that autograd follows do not give their memory away; their values do.
nb::object without_history(nb::handle source) {
  const nb::object follows = nb::getattr(source, "requires_grad", nb::none());
  return PyObject_IsTrue(follows.ptr()) == 1 ? source.attr("detach")() : nb::borrow(source);
}

/// What the object itself says of why not, in a line.
std::string reason_of(nb::handle source) {
  try {
    source.attr("__dlpack__")();
  } catch (const nb::python_error& error) {
    return ": " + nb::cast<std::string>(nb::str(error.value()));
  }
  return "";
}

AnyArray import(const std::string& what, nb::handle source, Access access) {
  AnyArray array;
  if (!nb::ndarray_check(source))
    throw nb::type_error((what + " is a " + nb::inst_name(source).c_str() +
                          "; it must be an array: NumPy's, or one that has __dlpack__ or the buffer protocol")
                             .c_str());
  nb::ndarray<> writable;
  if (nb::try_cast(source, writable, false)) return AnyArray(writable);
  if (!nb::try_cast(source, array, false))
    throw Error(what + " does not give its memory away" + reason_of(source));
  if (access == Access::write) throw Error(what + " is read-only; it must be writable");
  return array;
}

void check_memory(const std::string& what, const AnyArray& array) {
  if (array.device_type() != nb::device::cpu::value)
    throw Error(what + " is on a device (DLPack's number " + std::to_string(array.device_type()) +
                "); it must be on the CPU");
  if (!contiguous(array))
    throw Error(what + " is not contiguous (C order); numpy.ascontiguousarray() makes one that is");
}

Shape shape_of(const AnyArray& array) {
  Shape shape;
  for (std::size_t i = 0; i < array.ndim(); ++i) shape.push_back(static_cast<std::int64_t>(array.shape(i)));
  return shape;
}

}  // namespace

Array array_of(const std::string& what, nb::handle source, Access access) {
  const bool bfloat16_of_numpy = is_bfloat16_of_numpy(source);
  AnyArray array =
      import(what, bfloat16_of_numpy ? source.attr("view")("uint16") : without_history(source), access);
  const std::optional<Dtype> dtype = bfloat16_of_numpy ? Dtype::bf16 : dtype_of(array.dtype());
  if (!dtype)
    throw Error(what + " is " + name_of_dtype(array.dtype()) +
                "; it must be float32, float64, bfloat16 or float16");
  check_memory(what, array);
  void* const data = const_cast<void*>(static_cast<const void*>(array.data()));
  const std::size_t size = array.size();
  Shape shape = shape_of(array);
  return {std::move(array), *dtype, data, size, std::move(shape)};
}

RowNumbers row_numbers_of(const std::string& what, nb::handle source) {
  RowNumbers rows;
  rows.held = import(what, source, Access::read);
  check_memory(what, rows.held);
  const std::size_t count = rows.held.size();
  if (rows.held.dtype() == nb::dtype<std::int64_t>()) {
    rows.numbers = {static_cast<const std::int64_t*>(rows.held.data()), count};
  } else if (rows.held.dtype() == nb::dtype<std::int32_t>()) {
    const auto* numbers = static_cast<const std::int32_t*>(rows.held.data());
    rows.converted.assign(numbers, numbers + count);
    rows.numbers = rows.converted;
  } else {
    throw Error(what + " are " + name_of_dtype(rows.held.dtype()) + "; they must be int64 or int32");
  }
  return rows;
}

template <class T>
nb::object new_array(const Shape& shape, std::span<const T> numbers) {
  auto copy = std::make_unique<T[]>(std::max<std::size_t>(numbers.size(), 1));
  std::copy(numbers.begin(), numbers.end(), copy.get());
  const nb::capsule owner(copy.get(), [](void* array) noexcept { delete[] static_cast<T*>(array); });
  const std::vector<std::size_t> dimensions(shape.begin(), shape.end());
  return nb::cast(nb::ndarray<nb::numpy, T>(copy.release(), dimensions.size(), dimensions.data(), owner));
}
template nb::object new_array(const Shape&, std::span<const float>);
template nb::object new_array(const Shape&, std::span<const double>);

}  // namespace gradus::python
