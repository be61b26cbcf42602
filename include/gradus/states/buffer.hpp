#pragma once

#include <cstddef>
#include <memory>

#include "gradus/states/dtype.hpp"

namespace gradus {

/// An owned array: aligned to 64 bytes, zero at first, of one dtype.
class Buffer {
 public:
  Buffer(Dtype dtype, std::size_t size);

  [[nodiscard]] Dtype dtype() const { return dtype_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] void* data() { return bytes_.get(); }
  [[nodiscard]] const void* data() const { return bytes_.get(); }

  void fill(double value);

 private:
  struct Free {
    void operator()(std::byte* bytes) const;
  };
  Dtype dtype_;
  std::size_t size_;
  std::unique_ptr<std::byte, Free> bytes_;
};

}  // namespace gradus
