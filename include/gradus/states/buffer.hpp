#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>

#include "gradus/states/dtype.hpp"

namespace gradus {

class ScratchFile;

/// An owned array: aligned to 64 bytes, zero at first (all its
/// bytes are: every kind of element then is), of one dtype.
class Buffer {
 public:
  /// In the file if there is one, in memory otherwise. Throws Error if the file has no room.
  Buffer(Dtype dtype, std::size_t size, ScratchFile* file = nullptr);

  [[nodiscard]] Dtype dtype() const { return dtype_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::byte* data() const { return bytes_.get(); }
  /// What lies beside the elements, as layout_of(dtype) says.
  [[nodiscard]] std::byte* beside() const { return bytes_.get() + beside_; }
  [[nodiscard]] bool mapped() const { return bytes_.get_deleter().mapped; }

  /// Of float32 or float64.
  void fill(double value);

  /// What a sweep knows of the elements from `first` to before `last`: they come next, or have been. Where they
  /// are mapped they are read ahead, or no longer resident.
  void read_ahead(std::size_t first, std::size_t last) const;
  void let_go(std::size_t first, std::size_t last) const;

 private:
  struct Free {
    bool mapped;  // by a file, which keeps it
    void operator()(std::byte* bytes) const;
  };
  template <class F>
  void each_piece(std::size_t first, std::size_t last, F f) const;

  Dtype dtype_;
  std::size_t size_, beside_;
  std::unique_ptr<std::byte, Free> bytes_;
};

/// Elements of a mapped array that are swept before those behind them are let go: 4 MiB of float32.
inline constexpr std::size_t kWindow = std::size_t{1} << 20;

/// Calls f(offset, n) for the elements from `offset` on, a window after the other; `arrays` is what reads them
/// ahead and lets them go.
template <class Arrays, class F>
void in_windows(const Arrays& arrays, std::size_t offset, std::size_t n, F f) {
  for (std::size_t end = offset + n; offset < end; offset += std::min(kWindow, end - offset)) {
    const std::size_t next = offset + std::min(kWindow, end - offset);
    arrays.read_ahead(next, next + std::min(kWindow, end - next));
    f(offset, next - offset);
    arrays.let_go(offset, next);
  }
}

}  // namespace gradus
