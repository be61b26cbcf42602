#include "tensors.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <string>

namespace nb = nanobind;

namespace gradus::python {

namespace {

// DLPack 1.3's functions for C: https://dmlc.github.io/dlpack/latest/c_api.html, of which only one is called.
struct Version {
  std::uint32_t major, minor;
};
struct ExchangeHeader {
  Version version;
  ExchangeHeader* older;
};
struct Exchange {
  ExchangeHeader header;
  void (*allocate)();
  void (*managed_from_object)();
  void (*managed_to_object)();
  int (*tensor_from_object)(void* object, nb::dlpack::dltensor* out);
  void (*stream)();
};

std::optional<Dtype> dtype_of(nb::dlpack::dtype dtype) {
  constexpr auto number = static_cast<std::uint8_t>(nb::dlpack::dtype_code::Float);
  constexpr auto brain = static_cast<std::uint8_t>(nb::dlpack::dtype_code::Bfloat);
  if (dtype.lanes != 1) return std::nullopt;
  if (dtype.code == number && dtype.bits == 32) return Dtype::f32;
  if (dtype.code == number && dtype.bits == 64) return Dtype::f64;
  if (dtype.code == number && dtype.bits == 16) return Dtype::f16;
  if (dtype.code == brain && dtype.bits == 16) return Dtype::bf16;
  return std::nullopt;
}

std::optional<Dtype> dtype_named(std::string_view name) {
  if (name == "torch.float32") return Dtype::f32;
  if (name == "torch.float64") return Dtype::f64;
  if (name == "torch.bfloat16") return Dtype::bf16;
  if (name == "torch.float16") return Dtype::f16;
  return std::nullopt;
}

bool contiguous(const nb::dlpack::dltensor& tensor) {
  if (tensor.strides == nullptr || std::count(tensor.shape, tensor.shape + tensor.ndim, 0) > 0) return true;
  std::int64_t expected = 1;
  for (std::int32_t i = tensor.ndim; i-- > 0;) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != expected) return false;
    expected *= tensor.shape[i];
  }
  return true;
}

std::size_t count_of(const std::int64_t* shape, std::int32_t dimensions) {
  std::size_t count = 1;
  for (std::int32_t i = 0; i < dimensions; ++i) count *= static_cast<std::size_t>(shape[i]);
  return count;
}

}  // namespace

bool TensorPlace::has_shape(const Shape& expected) const {
  return std::equal(shape, shape + dimensions, expected.begin(), expected.end());
}

TensorReader::TensorReader(nb::handle exchange_api) {
  if (exchange_api.is_none()) return;
  const void* found = PyCapsule_GetPointer(exchange_api.ptr(), "dlpack_exchange_api");
  if (found == nullptr) nb::raise_python_error();
  const auto* exchange = static_cast<const Exchange*>(found);
  if (exchange->header.version.major == 1 && exchange->tensor_from_object != nullptr) exchange_ = exchange;
}

std::optional<TensorPlace> TensorReader::read(nb::handle tensor) {
  if (exchange_ == nullptr) return ask(tensor);
  nb::dlpack::dltensor found{};
  if (static_cast<const Exchange*>(exchange_)->tensor_from_object(tensor.ptr(), &found) != 0) {
    PyErr_Clear();  // sparse, say
    return std::nullopt;
  }
  const std::optional<Dtype> dtype = dtype_of(found.dtype);
  if (!dtype || found.device.device_type != nb::device::cpu::value || !contiguous(found)) return std::nullopt;
  return TensorPlace{
      {*dtype, static_cast<std::byte*>(found.data) + found.byte_offset, count_of(found.shape, found.ndim)},
      found.shape,
      found.ndim};
}

std::optional<TensorPlace> TensorReader::ask(nb::handle tensor) {
  const nb::object type = tensor.attr("dtype"), shape = tensor.attr("shape");
  const std::optional<Dtype> dtype = dtype_named(nb::str(type).c_str());
  if (!dtype || nb::cast<bool>(tensor.attr("is_sparse")) || !nb::cast<bool>(tensor.attr("is_cpu")) ||
      !nb::cast<bool>(tensor.attr("is_contiguous")()))
    return std::nullopt;
  asked_shape_.clear();
  for (const nb::handle length : shape) asked_shape_.push_back(nb::cast<std::int64_t>(length));
  const auto dimensions = static_cast<std::int32_t>(asked_shape_.size());
  const auto address = nb::cast<std::uintptr_t>(tensor.attr("data_ptr")());
  return TensorPlace{{*dtype, reinterpret_cast<void*>(address),  // NOLINT(performance-no-int-to-ptr)
                      count_of(asked_shape_.data(), dimensions)},
                     asked_shape_.data(),
                     dimensions};
}

}  // namespace gradus::python
