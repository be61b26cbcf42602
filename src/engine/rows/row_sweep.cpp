#include "engine/rows/row_sweep.hpp"

#include <algorithm>

#include "engine/denormals.hpp"
#include "gradus/engine/tree_sum.hpp"

namespace gradus::engine {

namespace {

/// Rows that memory is asked for before their turn: with fewer, random ones wait for it.
constexpr std::size_t kRowsAhead = 8;

constexpr Access kReading{.reads_g = false, .in_order = false};

Access writing(const Tensor& t) {
  return {.reads_g = false, .writes_x = true, .in_order = false, .last_slot = t.slots.size()};
}

void prefetch_elements(const Array& array, std::size_t begin, std::size_t n) {
  const Layout layout = layout_of(array.dtype);
  const std::byte* const from = array.elements + begin * layout.element_bytes;
  for (std::size_t byte = 0; byte < n * layout.element_bytes; byte += 64) __builtin_prefetch(from + byte, 1);
  if (layout.beside_bytes > 0)
    __builtin_prefetch(array.beside + begin / layout.block * layout.beside_bytes, 1);
}

}  // namespace

// Blocks

Blocks::Blocks(const Tensor& t) : size_(t.size), columns_(static_cast<std::size_t>(t.columns)) {
  for (const Array& slot : t.slots) block_ = std::max(block_, layout_of(slot.dtype).block);
}

std::size_t Blocks::begin_of(std::int64_t row) const {
  return static_cast<std::size_t>(row) * columns_ / block_ * block_;
}
std::size_t Blocks::end_of(std::int64_t row) const {
  return std::min((static_cast<std::size_t>(row + 1) * columns_ + block_ - 1) / block_ * block_, size_);
}
std::size_t Blocks::end_of_stretch(std::span<const std::int64_t> rows, std::size_t place) const {
  while (place + 1 < rows.size() && begin_of(rows[place + 1]) < end_of(rows[place])) ++place;
  return place + 1;
}

// The sweep

RowSweep::RowSweep(const Tensor& tensor, const Coalesced& gradient)
    : t_(tensor),
      rows_(gradient.rows()),
      values_(gradient.values()),
      columns_(static_cast<std::size_t>(tensor.columns)),
      blocks_(tensor),
      tile_(tensor) {}

void RowSweep::run(std::size_t first, std::size_t last) {
  if (t_.program->looks().empty()) return move(first, last);
  for (std::size_t begin = first; begin < last; begin += kBatch)
    measure(begin, std::min(begin + kBatch, last));
  move(first, last);
}

void RowSweep::move(std::size_t first, std::size_t last) {
  for (std::size_t p = first; p < std::min(first + kRowsAhead, last); ++p) prefetch(p);
  for (std::size_t p = first; p < last;) {
    const std::size_t end = t_.rows_direct ? p + 1 : blocks_.end_of_stretch(rows_.first(last), p);
    for (std::size_t q = p; q < end; ++q)
      if (q + kRowsAhead < last) prefetch(q + kRowsAhead);
    move_stretch(p, end);
    p = end;
  }
}

/// Rows that are decoded and encoded together.
void RowSweep::move_stretch(std::size_t first, std::size_t last) {
  const auto update = [&](std::size_t n, const Part& part) {
    t_.kernels.update(t_.sweep, n, part.x, part.g, part.slots.data());
    flush_slots(t_, n, part);
  };
  if (t_.rows_direct) {
    Part part = part_of(t_, static_cast<std::size_t>(rows_[first]) * columns_);
    part.g = gradient_at(first, 0, columns_);
    return update(columns_, part);
  }
  const std::size_t end = blocks_.end_of(rows_[last - 1]);
  for (std::size_t offset = blocks_.begin_of(rows_[first]); offset < end; offset += kTile) {
    const std::size_t n = std::min(kTile, end - offset);
    tile_.load(offset, n, writing(t_));
    while (end_of(first) <= offset) ++first;
    for (std::size_t p = first; p < last && begin_of(p) < offset + n; ++p) row_in_tile(p, offset, n, update);
    tile_.store(offset, n, writing(t_));
  }
}

template <class F>
void RowSweep::row_in_tile(std::size_t place, std::size_t offset, std::size_t n, F f) {
  const std::size_t begin = std::max(begin_of(place), offset), end = std::min(end_of(place), offset + n);
  Part part = tile_.from(begin - offset);
  part.g = gradient_at(place, begin - begin_of(place), end - begin);
  f(end - begin, part);
}

/// n elements of a row of the gradient, as kernels take them; at most a tile of them if they are to be decoded.
const void* RowSweep::gradient_at(std::size_t place, std::size_t column, std::size_t n) {
  const std::byte* const from = values_.elements + (place * columns_ + column) * bytes_of(values_.dtype);
  if (values_.dtype == t_.arithmetic) return from;
  values_.codec.decode(n, from, nullptr, decoded_.data());
  return decoded_.data();
}

void RowSweep::prefetch(std::size_t place) const {
  prefetch_elements(t_.x, begin_of(place), columns_);
  for (const Array& slot : t_.slots)
    if (slot.over == Over::element)
      prefetch_elements(slot, begin_of(place), columns_);
    else
      prefetch_elements(slot, static_cast<std::size_t>(rows_[place]), 1);
}

// Looks at rows

void RowSweep::measure(std::size_t first, std::size_t last) {
  for (std::size_t look = 0; look < t_.program->looks().size(); ++look) {
    for (std::size_t p = first; p < last; ++p) measure_row(look, p, p - first);
    conclude(look, first, last);
  }
}

/// A row's sum is that of a sweep over all rows: leaves and their tree, from its first element on.
void RowSweep::measure_row(std::size_t look, std::size_t place, std::size_t in_batch) {
  const std::size_t count = t_.program->looks()[look].size();
  std::array<TreeSum, kMostSums> trees;
  for (std::size_t column = 0; column < columns_; column += kTile) {
    const std::size_t n = std::min(kTile, columns_ - column);
    tile_.load(begin_of(place) + column, n, kReading);
    std::array<double, kMostSums> leaf;
    t_.kernels.looks[look].measure(t_.sweep, n, tile_.x, gradient_at(place, column, n), tile_.slots.data(),
                                   leaf.data());
    for (std::size_t k = 0; k < count; ++k) trees[k].add(leaf[k]);
  }
  for (std::size_t k = 0; k < count; ++k) sums_[k][in_batch] = trees[k].total();
}

void RowSweep::conclude(std::size_t look, std::size_t first, std::size_t last) {
  with_type(t_.arithmetic, [&]<class T>(T) {
    std::array<std::array<T, kBatch>, kMostSlots> kept;
    std::array<Numbers, kMostSlots> numbers;
    std::array<T*, kMostSlots> arrays;
    std::size_t count = 0;
    for (const Array& slot : t_.slots)
      if (slot.over == Over::row) arrays[count++] = reinterpret_cast<T*>(slot.elements);
    for (std::size_t s = 0; s < count; ++s) {
      for (std::size_t p = first; p < last; ++p) kept[s][p - first] = arrays[s][rows_[p]];
      numbers[s] = Numbers(std::span(kept[s]).first(last - first));
    }
    std::array<std::span<const double>, kMostSums> sums;
    for (std::size_t k = 0; k < kMostSums; ++k) sums[k] = std::span(sums_[k]).first(last - first);
    t_.program->conclude_rows(look, t_.coefficients.data(),
                              {.sums = sums,
                               .rows = static_cast<std::int64_t>(last - first),
                               .columns = t_.columns,
                               .slots = std::span(numbers).first(count),
                               .scalars = {},
                               .shared = {}});
    for (std::size_t s = 0; s < count; ++s)
      for (std::size_t p = first; p < last; ++p) arrays[s][rows_[p]] = kept[s][p - first];
  });
}

}  // namespace gradus::engine
