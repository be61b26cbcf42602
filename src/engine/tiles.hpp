#pragma once

// Arrays that are kept otherwise than formulas compute are decoded a tile at a time into the first-level
// cache, swept there by the kernels that all arrays have, and encoded again. A number a row or a column is
// spread over the tile. So neither element types nor shapes of slots multiply the kernels.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/tensor.hpp"
#include "gradus/engine/tree_sum.hpp"

namespace gradus::engine {

inline constexpr std::size_t kTile = kLeaf;

/// What a kernel does to the arrays. Slots that it does not write are not encoded again: some codecs lose a
/// little each time.
struct Access {
  bool reads_g = true, writes_x = false;
  bool in_order = true;                       ///< what comes next in memory is needed next
  std::size_t first_slot = 0, last_slot = 0;  ///< writes those from the one to before the other
};

/// The arrays of a part of a tensor, as kernels take them.
struct Part {
  void* x;
  const void* g;
  std::array<void*, kMostSlots> slots;
};

/// Where the arrays are as kernels take them: the part that begins at `offset`.
inline Part part_of(const Tensor& tensor, std::size_t offset) {
  const std::size_t bytes = offset * bytes_of(tensor.arithmetic);
  Part part;
  part.x = tensor.x.elements + bytes;
  part.g = tensor.has_dense_gradient() ? tensor.g.elements + bytes : nullptr;
  for (std::size_t i = 0; i < tensor.slots.size(); ++i) part.slots[i] = tensor.slots[i].elements + bytes;
  return part;
}

/// A part whose arrays may lie decoded in itself.
class Tile : public Part {
 public:
  std::int64_t t;  ///< the step whose draws are taken: the tensor's last one, unless set otherwise

  explicit Tile(const Tensor& tensor) : t(tensor.clock->t), tensor_(tensor) {}
  Tile(const Tile&) = delete;
  Tile& operator=(const Tile&) = delete;

  /// Decodes n <= kTile elements from `offset` on.
  void load(std::size_t offset, std::size_t n, Access access);
  /// The arrays from the tile's element i on, but for g.
  [[nodiscard]] Part from(std::size_t i) const;
  /// Encodes what the kernel may have written. `offset` is the beginning of a block.
  void store(std::size_t offset, std::size_t n, Access access);

 private:
  /// A tile, and what lies before it in a block; doubles at most.
  static constexpr std::size_t kRoom = (kTile + kBlock) * sizeof(double) + 64;

  void* decoded(const Array& array, std::size_t place, std::size_t offset, std::size_t n);
  void* spread(const Array& array, std::size_t place, std::size_t offset, std::size_t n);
  void encode(const Array& array, std::uint32_t number, const void* from, std::size_t offset, std::size_t n,
              bool in_order);
  [[nodiscard]] bool coded(const Array& array) const { return array.dtype != tensor_.arithmetic; }
  std::byte* room(std::size_t place);

  const Tensor& tensor_;
  alignas(64) std::array<std::byte, (kMostSlots + 2) * kRoom> room_;
};

/// out[i] = number, n times. In vectors as wide as those that kernels read: what is stored in narrower ones
/// has to reach the cache before it can be loaded.
using Spread = void (*)(std::size_t n, const void* number, void* out);
Spread spread_for(Isa isa, Dtype arithmetic);

/// What follows a kernel that has written slots in step t: each kFlushSteps steps, denormal numbers become 0.
void flush_slots(const Tensor& tensor, std::int64_t t, std::size_t n, const Part& part);

/// Calls f(position, n, part) for a piece of the tensor, in as many parts as it takes. Where the kernel
/// writes coded arrays, `offset` is the beginning of a block.
template <class F>
void in_tiles(const Tensor& tensor, std::size_t offset, std::size_t n, Access access, F f) {
  if (tensor.direct) return f(offset, n, part_of(tensor, offset));
  Tile tile(tensor);
  for (std::size_t end = offset + n; offset < end; offset += kTile) {
    const std::size_t count = std::min(kTile, end - offset);
    tile.load(offset, count, access);
    f(offset, count, static_cast<const Part&>(tile));
    tile.store(offset, count, access);
  }
}

}  // namespace gradus::engine
