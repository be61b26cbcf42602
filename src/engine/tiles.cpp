#include "engine/tiles.hpp"

#include "engine/denormals.hpp"
#include "gradus/engine/sweep.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus::engine {

namespace {

/// Asks for so many bytes, of which some may lie behind the array's end, to be brought into the second cache:
/// of the first one's misses there are too few for a tile of each array. Inlined, since g++ 12 leaves out calls
/// of functions that do nothing else.
[[gnu::always_inline]] inline void prefetch_bytes(const std::byte* begin, std::size_t bytes) {
  const auto first = reinterpret_cast<std::uintptr_t>(begin);
  for (std::size_t line = 0; line < bytes; line += kLine)
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    __builtin_prefetch(reinterpret_cast<const void*>(first + line), 0, 2);
}

/// Asks for the tile after the next one. Written arrays do
/// so when they are encoded, so that not all ask at once.
[[gnu::always_inline]] inline void prefetch_tile(const Array& array, const Layout& layout,
                                                 std::size_t offset) {
  constexpr std::size_t kAway = 2 * kTile;
  prefetch_bytes(array.elements + (offset + kAway) * layout.element_bytes, kTile * layout.element_bytes);
  prefetch_bytes(array.beside + (offset + kAway) / layout.block * layout.beside_bytes,
                 kTile / layout.block * layout.beside_bytes);
}

template <class T>
struct SpreadBody {
  [[gnu::always_inline]] static inline void run(std::size_t n, const void* number, void* out) {
    const T value = *static_cast<const T*>(number);
    for (std::size_t i = 0; i < n; ++i) static_cast<T*>(out)[i] = value;
  }
};

/// out[i] = numbers[(offset + i) / columns]
template <class T>
void spread_rows(Isa isa, const T* numbers, std::size_t columns, std::size_t offset, std::size_t n, T* out) {
  const Spread spread = spread_for(isa, kDtypeOf<T>);
  std::size_t row = offset / columns, left = columns - offset % columns;
  for (std::size_t i = 0; i < n; left = columns, ++row) {
    const std::size_t count = std::min(left, n - i);
    spread(count, numbers + row, out + i);
    i += count;
  }
}

/// out[i] = numbers[(offset + i) % columns]
template <class T>
void spread_columns(const T* numbers, std::size_t columns, std::size_t offset, std::size_t n, T* out) {
  std::size_t column = offset % columns;
  for (std::size_t i = 0; i < n; column = 0) {
    const std::size_t count = std::min(columns - column, n - i);
    std::copy_n(numbers + column, count, out + i);
    i += count;
  }
}

}  // namespace

Spread spread_for(Isa isa, Dtype arithmetic) {
  return with_type(arithmetic,
                   [&]<class T>(T) { return Versions<SpreadBody<T>>::template pick<Spread>(isa); });
}

std::byte* Tile::room(std::size_t place) {
  const std::size_t each = (kTile + kBlock) * bytes_of(tensor_.arithmetic) + 64;
  return room_.data() + place * each;
}

void Tile::load(std::size_t offset, std::size_t n, Access access) {
  x = decoded(tensor_.x, 0, offset, n);
  if (access.reads_g) g = decoded(tensor_.g, 1, offset, n);
  if (access.reads_g && coded(tensor_.g)) prefetch_tile(tensor_.g, layout_of(tensor_.g.dtype), offset);
  for (std::size_t i = 0; i < tensor_.slots.size(); ++i) {
    const Array& slot = tensor_.slots[i];
    slots[i] = slot.over == Over::element ? decoded(slot, i + 2, offset, n) : spread(slot, i + 2, offset, n);
  }
}

void Tile::store(std::size_t offset, std::size_t n, Access access) {
  if (access.writes_x) encode(tensor_.x, 0, x, offset, n, access.in_order);
  for (std::size_t i = access.first_slot; i < access.last_slot; ++i)
    if (tensor_.slots[i].over == Over::element)
      encode(tensor_.slots[i], static_cast<std::uint32_t>(i + 1), slots[i], offset, n, access.in_order);
}

void* Tile::decoded(const Array& array, std::size_t place, std::size_t offset, std::size_t n) {
  const Layout layout = layout_of(array.dtype);
  if (!coded(array)) return array.elements + offset * layout.element_bytes;
  const std::size_t before = offset % layout.block, begin = offset - before;
  std::byte* const out = room(place);
  array.codec.decode(n + before, array.elements + begin * layout.element_bytes,
                     array.beside + begin / layout.block * layout.beside_bytes, out);
  return out + before * bytes_of(tensor_.arithmetic);
}

void* Tile::spread(const Array& array, std::size_t place, std::size_t offset, std::size_t n) {
  std::byte* const out = room(place);
  const auto columns = static_cast<std::size_t>(tensor_.columns);
  with_type(tensor_.arithmetic, [&]<class T>(T) {
    const auto* numbers = reinterpret_cast<const T*>(array.elements);
    auto* const tile = reinterpret_cast<T*>(out);
    if (array.over == Over::row)
      spread_rows(tensor_.isa, numbers, columns, offset, n, tile);
    else
      spread_columns(numbers, columns, offset, n, tile);
  });
  return out;
}

Part Tile::from(std::size_t i) const {
  const std::size_t bytes = i * bytes_of(tensor_.arithmetic);
  Part part = *this;
  part.x = static_cast<std::byte*>(x) + bytes;
  for (std::size_t s = 0; s < tensor_.slots.size(); ++s)
    part.slots[s] = static_cast<std::byte*>(slots[s]) + bytes;
  return part;
}

void Tile::encode(const Array& array, std::uint32_t number, const void* from, std::size_t offset,
                  std::size_t n, bool in_order) {
  if (!coded(array)) return;
  const Layout layout = layout_of(array.dtype);
  const std::size_t before = offset % kDrawGroup;  // draws come in whole groups
  std::array<std::uint16_t, kTile + kDrawGroup> draws;
  if (in_order) prefetch_tile(array, layout, offset);
  const bool stochastic = array.rounding == Rounding::stochastic;
  if (stochastic)
    draw(tensor_.isa, {tensor_.seed, static_cast<std::uint64_t>(t), tensor_.key, number}, offset - before,
         before + n, draws.data());
  array.codec.encode(n, from, stochastic ? draws.data() + before : nullptr,
                     array.elements + offset * layout.element_bytes,
                     array.beside + offset / layout.block * layout.beside_bytes);
}

/// Moments of gradients that have become exactly 0 decay into denormal numbers, and stay there (0.9 x 4 ulp
/// rounds to 4 ulp), where arithmetic is 15 times slower. Not in each step: in cache that costs a sixth of it.
void flush_slots(const Tensor& tensor, std::int64_t t, std::size_t n, const Part& part) {
  if (t % kFlushSteps != 0) return;
  for (std::size_t i = 0; i < tensor.slots.size(); ++i)
    if (tensor.slots[i].over == Over::element)
      flush_denormals(tensor.isa, tensor.arithmetic, n, part.slots[i]);
}

}  // namespace gradus::engine
