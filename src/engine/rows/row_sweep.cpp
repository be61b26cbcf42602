#include "engine/rows/row_sweep.hpp"

#include <algorithm>

#include "gradus/engine/sweep.hpp"
#include "gradus/engine/tree_sum.hpp"

namespace gradus::engine {

namespace {

/// Rows that memory is asked for before their turn: with fewer, random ones wait for it.
constexpr std::size_t kRowsAhead = 8;

constexpr Access kReading{.reads_g = false, .in_order = false};

Access writing(const Tensor& t) {
  return {.reads_g = false, .writes_x = true, .in_order = false, .last_slot = t.slots.size()};
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
      tile_(tensor),
      spread_number_(spread_for(tensor.isa, tensor.arithmetic)) {
  add_strip(t_.x);
  for (const Array& slot : t_.slots) add_strip(slot);
  const bool spread =
      std::any_of(t_.slots.begin(), t_.slots.end(), [](const Array& slot) { return slot.over == Over::row; });
  if (spread || values_.dtype != t_.arithmetic) piece_ = std::min(piece_, kTile);
}

void RowSweep::add_strip(const Array& array) {
  const Layout layout = layout_of(array.dtype);
  const std::size_t numbers = array.over == Over::element ? columns_ : 1;
  strips_[strips_count_++] = {array.elements, numbers * layout.element_bytes};
}

void RowSweep::run(std::size_t first, std::size_t last) {
  if (t_.program->looks().empty()) return move(first, last);
  for (std::size_t begin = first; begin < last; begin += kBatch)
    measure(begin, std::min(begin + kBatch, last));
  move(first, last);
}

/// Asks for a row's memory. Inlined, since g++ 12 leaves out calls of functions that do nothing else.
[[gnu::always_inline]] inline void RowSweep::prefetch(std::size_t place) const {
  for (std::size_t i = 0; i < strips_count_; ++i) {
    const std::byte* const from = strips_[i].data + static_cast<std::size_t>(rows_[place]) * strips_[i].a_row;
    for (std::size_t byte = 0; byte < strips_[i].a_row; byte += kLine) __builtin_prefetch(from + byte);
  }
}

void RowSweep::move(std::size_t first, std::size_t last) {
  for (std::size_t p = first; p < std::min(first + kRowsAhead, last); ++p) prefetch(p);
  for (std::size_t p = first; p < last;) {
    const std::size_t end = t_.rows_direct ? p + 1 : blocks_.end_of_stretch(rows_.first(last), p);
    for (std::size_t q = p; q < end && !t_.rows_direct; ++q)
      if (q + kRowsAhead < last) prefetch(q + kRowsAhead);
    move_stretch(p, end);
    p = end;
  }
}

/// Rows that are decoded and encoded together.
void RowSweep::move_stretch(std::size_t first, std::size_t last) {
  Sweep sweep = t_.sweep;
  if (t_.rows_direct && last + kRowsAhead <= rows_.size())
    sweep.ahead = (begin_of(first + kRowsAhead) - begin_of(first)) * bytes_of(t_.arithmetic);
  const auto update = [&](std::size_t n, const Part& part) {
    t_.kernels.update(sweep, n, part.x, part.g, part.slots.data());
    flush_slots(t_, n, part);
  };
  if (t_.rows_direct) return in_pieces(first, update);
  const std::size_t end = blocks_.end_of(rows_[last - 1]);
  for (std::size_t offset = blocks_.begin_of(rows_[first]); offset < end; offset += kTile) {
    const std::size_t n = std::min(kTile, end - offset);
    tile_.load(offset, n, writing(t_));
    while (end_of(first) <= offset) ++first;
    for (std::size_t p = first; p < last && begin_of(p) < offset + n; ++p) row_in_tile(p, offset, n, update);
    tile_.store(offset, n, writing(t_));
  }
}

/// The row's arrays as they are, and the numbers of rows spread over a piece.
template <class F>
void RowSweep::in_pieces(std::size_t place, F f) {
  Part part = part_of(t_, begin_of(place));
  for (std::size_t i = 0; i < t_.slots.size(); ++i)
    if (t_.slots[i].over == Over::row) part.slots[i] = spread(t_.slots[i], i, place);
  for (std::size_t column = 0;;) {
    const std::size_t n = std::min(piece_, columns_ - column);
    part.g = gradient_at(place, column, n);
    f(n, static_cast<const Part&>(part));
    column += n;
    if (column == columns_) return;
    part.x = at(part.x, n);
    for (std::size_t i = 0; i < t_.slots.size(); ++i)
      if (t_.slots[i].over == Over::element) part.slots[i] = at(part.slots[i], n);
  }
}

void* RowSweep::at(void* array, std::size_t n) const {
  return static_cast<std::byte*>(array) + n * bytes_of(t_.arithmetic);
}

void* RowSweep::spread(const Array& slot, std::size_t i, std::size_t place) {
  const std::size_t offset = static_cast<std::size_t>(rows_[place]) * bytes_of(t_.arithmetic);
  spread_number_(piece_, slot.elements + offset, spread_[i].data());
  return spread_[i].data();
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
  const auto add = [&](std::size_t n, const Part& part) {
    std::array<double, kMostSums> sums;
    t_.kernels.looks[look].measure(t_.sweep, n, part.x, part.g, part.slots.data(), sums.data());
    for (std::size_t k = 0; k < count; ++k) trees[k].add(sums[k]);
  };
  if (t_.rows_direct)
    in_pieces(place, add);
  else
    for (std::size_t column = 0; column < columns_; column += kTile) {
      const std::size_t n = std::min(kTile, columns_ - column), offset = begin_of(place) + column;
      tile_.load(offset, n, kReading);
      row_in_tile(place, offset, n, add);
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
