#include "gradus/states/buffer.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace gradus {

namespace {
constexpr std::align_val_t kAlignment{64};
}

Buffer::Buffer(Dtype dtype, std::size_t size)
    : dtype_(dtype),
      size_(size),
      bytes_(static_cast<std::byte*>(
          ::operator new(std::max<std::size_t>(size* bytes_of(dtype), 1), kAlignment))) {
  std::memset(bytes_.get(), 0, size * bytes_of(dtype));
}

void Buffer::Free::operator()(std::byte* bytes) const { ::operator delete(bytes, kAlignment); }

void Buffer::fill(double value) {
  with_type(dtype_, [&]<class T>(T) { std::fill_n(static_cast<T*>(data()), size_, static_cast<T>(value)); });
}

}  // namespace gradus
