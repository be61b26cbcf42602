#include "gradus/states/buffer.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace gradus {

namespace {

constexpr std::size_t kAlign = 64;

std::size_t rounded_up(std::size_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }

std::size_t bytes_beside(Dtype dtype, std::size_t size) {
  const Layout layout = layout_of(dtype);
  return (size + layout.block - 1) / layout.block * layout.beside_bytes;
}

}  // namespace

Buffer::Buffer(Dtype dtype, std::size_t size)
    : dtype_(dtype), size_(size), beside_(rounded_up(size * layout_of(dtype).element_bytes)) {
  const std::size_t bytes = std::max(beside_ + bytes_beside(dtype, size), kAlign);
  bytes_.reset(static_cast<std::byte*>(::operator new (bytes, std::align_val_t{kAlign})));
  std::memset(bytes_.get(), 0, bytes);
}

void Buffer::Free::operator()(std::byte* bytes) const { ::operator delete (bytes, std::align_val_t{kAlign}); }

void Buffer::fill(double value) {
  with_type(dtype_,
            [&]<class T>(T) { std::fill_n(reinterpret_cast<T*>(data()), size_, static_cast<T>(value)); });
}

}  // namespace gradus
