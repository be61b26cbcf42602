#include "gradus/states/buffer.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "states/scratch_file.hpp"

namespace gradus {

namespace {

constexpr std::size_t kAlign = 64;

std::size_t rounded_up(std::size_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }

std::size_t bytes_beside(Dtype dtype, std::size_t size) {
  const Layout layout = layout_of(dtype);
  return (size + layout.block - 1) / layout.block * layout.beside_bytes;
}

}  // namespace

Buffer::Buffer(Dtype dtype, std::size_t size, ScratchFile* file)
    : dtype_(dtype), size_(size), beside_(rounded_up(size * layout_of(dtype).element_bytes)) {
  const std::size_t bytes = std::max(beside_ + bytes_beside(dtype, size), kAlign);
  if (file != nullptr) {
    bytes_ = {file->take(bytes), Free{.mapped = true}};
    return;
  }
  bytes_.reset(static_cast<std::byte*>(::operator new (bytes, std::align_val_t{kAlign})));
  std::memset(bytes_.get(), 0, bytes);
}

void Buffer::Free::operator()(std::byte* bytes) const {
  if (!mapped) ::operator delete (bytes, std::align_val_t{kAlign});
}

void Buffer::fill(double value) {
  with_type(dtype_, [&]<class T>(T) {
    in_windows(*this, 0, size_, [&](std::size_t offset, std::size_t n) {
      std::fill_n(reinterpret_cast<T*>(data()) + offset, n, static_cast<T>(value));
    });
  });
}

/// Calls f(begin, bytes) for the elements and for what lies beside them, where they are mapped.
template <class F>
void Buffer::each_piece(std::size_t first, std::size_t last, F f) const {
  if (!mapped()) return;
  const Layout layout = layout_of(dtype_);
  f(data() + first * layout.element_bytes, (last - first) * layout.element_bytes);
  const std::size_t before = bytes_beside(dtype_, first);
  f(beside() + before, bytes_beside(dtype_, last) - before);
}

void Buffer::read_ahead(std::size_t first, std::size_t last) const {
  each_piece(first, last,
             [](const std::byte* begin, std::size_t bytes) { gradus::read_ahead(begin, bytes); });
}
void Buffer::let_go(std::size_t first, std::size_t last) const {
  each_piece(first, last, [](const std::byte* begin, std::size_t bytes) { gradus::let_go(begin, bytes); });
}

}  // namespace gradus
