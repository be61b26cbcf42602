#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <optional>

#include "gradus/optimizer.hpp"

namespace gradus::python {

/// What a step needs to know of a tensor of PyTorch that is dense, contiguous and on the CPU.
struct TensorPlace {
  Elements elements;
  const std::int64_t* shape;  ///< until the next call
  std::int32_t dimensions;

  [[nodiscard]] bool has_shape(const Shape& expected) const;
};

/// Reads where tensors of PyTorch lie, without linking to it: by DLPack's C functions where the release has them (2.10 and
/// later: 20 ns a tensor), by the tensor's methods where it has not.
class TensorReader {
 public:
  /// The capsule torch.Tensor.__dlpack_c_exchange_api__, or None.
  explicit TensorReader(nanobind::handle exchange_api);

  /// Nothing for a tensor of another kind, which somebody else is to make a plain one of.
  std::optional<TensorPlace> read(nanobind::handle tensor);

 private:
  std::optional<TensorPlace> ask(nanobind::handle tensor);

  const void* exchange_ = nullptr;
  Shape asked_shape_;
};

}  // namespace gradus::python
