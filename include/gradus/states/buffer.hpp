#pragma once

#include <cstddef>
#include <memory>

#include "gradus/states/dtype.hpp"

namespace gradus {

/// An owned array: aligned to 64 bytes, zero at first (all its
/// bytes are: every kind of element then is), of one dtype.
class Buffer {
 public:
  Buffer(Dtype dtype, std::size_t size);

  [[nodiscard]] Dtype dtype() const { return dtype_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::byte* data() const { return bytes_.get(); }
  /// What lies beside the elements, as layout_of(dtype) says.
  [[nodiscard]] std::byte* beside() const { return bytes_.get() + beside_; }

  /// Of float32 or float64.
  void fill(double value);

 private:
  struct Free {
    void operator()(std::byte* bytes) const;
  };
  Dtype dtype_;
  std::size_t size_, beside_;
  std::unique_ptr<std::byte, Free> bytes_;
};

}  // namespace gradus
