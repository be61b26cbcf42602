#include "engine/rows/row_sweep.hpp"

#include <algorithm>
#include <cstring>

#include "gradus/engine/sweep.hpp"
#include "gradus/engine/tree_sum.hpp"

namespace gradus::engine {

namespace {

/// Rows that memory is asked for before their turn: with fewer, random ones wait for it.
constexpr std::size_t kRowsAhead = 8;

/// A gradient that is zero.
alignas(64) constexpr std::array<std::byte, kTile * sizeof(double)> kZeros{};

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

RowSweep::RowSweep(const Tensor& tensor, std::span<const std::int64_t> rows, const Array& values)
    : t_(tensor),
      state_(tensor.row_state.get()),
      rows_(rows),
      values_(values),
      columns_(static_cast<std::size_t>(tensor.columns)),
      blocks_(tensor),
      step_(step_at_hand()),
      spread_number_(spread_for(tensor.isa, tensor.arithmetic)),
      tile_(tensor) {
  add_array(t_.x);
  for (const Array& slot : t_.slots) add_array(slot);
  arrays_ = strips_count_;
  const bool spread =
      std::any_of(t_.slots.begin(), t_.slots.end(), [](const Array& slot) { return slot.over == Over::row; });
  if (spread || values_.dtype != t_.arithmetic || state_ != nullptr) piece_ = std::min(piece_, kTile);
  if (state_ == nullptr) return;
  add_numbers(state_->steps);
  for (const std::vector<double>& scalar : state_->scalars) add_numbers(scalar);
}

/// What lies ahead of a row is none of the step's.
RowSweep::Step RowSweep::step_at_hand() const {
  Step step{t_.clock->sweep, t_.clock->t};
  step.sweep.ahead = 0;
  return step;
}

void RowSweep::add_array(const Array& array) {
  const std::size_t numbers = array.over == Over::element ? columns_ : 1;
  strips_[strips_count_++] = {array.elements, numbers * bytes_of(array.dtype)};
  bytes_ += strips_[strips_count_ - 1].a_row;
}

void RowSweep::add_numbers(const std::vector<double>& of_rows) {
  strips_[strips_count_++] = {reinterpret_cast<const std::byte*>(of_rows.data()), sizeof(double)};
}

void RowSweep::run(std::size_t first, std::size_t last) {
  if (t_.program->looks().empty()) return move(first, last);
  const std::size_t batch = state_ != nullptr && state_->own() ? 1 : kBatch;
  for (std::size_t begin = first; begin < last; begin += batch) {
    const std::size_t end = std::min(begin + batch, last);
    measure(begin, end);
    if (t_.rows_direct) move(begin, end);
  }
  if (!t_.rows_direct) move(first, last);  // a batch may end within a block
}

/// Asks for a row's memory. Inlined, since g++ 12 leaves out calls of functions that do nothing else.
[[gnu::always_inline]] inline void RowSweep::prefetch(std::int64_t row) const {
  for (std::size_t i = 0; i < strips_count_; ++i) {
    const std::byte* const from = strips_[i].of(row);
    for (std::size_t byte = 0; byte < strips_[i].a_row; byte += kLine) __builtin_prefetch(from + byte);
  }
}

void RowSweep::move(std::size_t first, std::size_t last) {
  const bool caught_up = state_ != nullptr && state_->caught_up(), own = state_ != nullptr && state_->own();
  for (std::size_t p = first; p < std::min(first + kRowsAhead, last); ++p) prefetch(rows_[p]);
  for (std::size_t p = first; p < last;) {
    const std::size_t end = t_.rows_direct ? p + 1 : blocks_.end_of_stretch(rows_.first(last), p);
    for (std::size_t q = p; q < end; ++q)
      if (q + kRowsAhead < last) prefetch(rows_[q + kRowsAhead]);
    if (caught_up) catch_up(rows_[p], t_.clock->t - 1);
    if (own && t_.rows_direct) take_own_step(rows_[p], true);
    if (t_.rows_direct)
      move_alone(at_place(p));
    else
      move_stretch(p, end);
    if (caught_up) state_->steps[static_cast<std::size_t>(rows_[p])] = static_cast<double>(t_.clock->t);
    p = end;
  }
}

/// Rows that are decoded and encoded together.
void RowSweep::move_stretch(std::size_t first, std::size_t last) {
  const bool own = state_ != nullptr && state_->own();
  const std::size_t end = blocks_.end_of(rows_[last - 1]);
  for (std::size_t offset = blocks_.begin_of(rows_[first]); offset < end; offset += kTile) {
    const std::size_t n = std::min(kTile, end - offset);
    tile_.load(offset, n, writing(t_));
    while (end_of(rows_[first]) <= offset) ++first;
    for (std::size_t p = first; p < last && begin_of(rows_[p]) < offset + n; ++p) {
      if (own) take_own_step(rows_[p], end_of(rows_[p]) <= offset + n);
      row_in_tile(at_place(p), offset, n, [&](std::size_t m, const Part& part) { update(m, part); });
    }
    tile_.store(offset, n, writing(t_));
  }
}

/// A row that has no block in common with another one.
[[gnu::always_inline]] inline void RowSweep::move_alone(const Row& row) {
  const auto move = [&](std::size_t n, const Part& part) { update(n, part); };
  if (t_.rows_direct) return in_pieces(row, move);
  const std::size_t end = end_of(row.number);
  for (std::size_t offset = begin_of(row.number); offset < end; offset += kTile) {
    const std::size_t n = std::min(kTile, end - offset);
    tile_.load(offset, n, writing(t_));
    row_in_tile(row, offset, n, move);
    tile_.store(offset, n, writing(t_));
  }
}

[[gnu::always_inline]] inline void RowSweep::update(std::size_t n, const Part& part) const {
  t_.kernels.update(step_.sweep, n, part.x, part.g, part.slots.data());
  flush_slots(t_, step_.t, n, part);
}

/// The row's arrays as they are, and the numbers of rows spread over a piece.
template <class F>
[[gnu::always_inline]] inline void RowSweep::in_pieces(const Row& row, F f) {
  Part part = part_of(t_, begin_of(row.number));
  for (std::size_t i = 0; i < t_.slots.size(); ++i)
    if (t_.slots[i].over == Over::row) part.slots[i] = spread(t_.slots[i], i, row.number);
  for (std::size_t column = 0;;) {
    const std::size_t n = std::min(piece_, columns_ - column);
    part.g = gradient_of(row, column, n);
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

void* RowSweep::spread(const Array& slot, std::size_t i, std::int64_t row) {
  const std::size_t offset = static_cast<std::size_t>(row) * bytes_of(t_.arithmetic);
  spread_number_(piece_, slot.elements + offset, spread_[i].data());
  return spread_[i].data();
}

template <class F>
void RowSweep::row_in_tile(const Row& row, std::size_t offset, std::size_t n, F f) {
  const std::size_t first = begin_of(row.number);
  const std::size_t begin = std::max(first, offset), end = std::min(first + columns_, offset + n);
  Part part = tile_.from(begin - offset);
  part.g = gradient_of(row, begin - first, end - begin);
  f(end - begin, part);
}

/// n elements of a row's gradient, as kernels take them; at most a tile of them if they are to be decoded.
const void* RowSweep::gradient_of(const Row& row, std::size_t column, std::size_t n) {
  if (row.values == nullptr) return kZeros.data();
  const std::byte* const from = row.values + column * bytes_of(values_.dtype);
  if (values_.dtype == t_.arithmetic) return from;
  values_.codec.decode(n, from, nullptr, decoded_.data());
  return decoded_.data();
}

// Looks at rows

void RowSweep::measure(std::size_t first, std::size_t last) {
  const bool own = state_ != nullptr && state_->own();
  if (own) take_own_step(rows_[first], false);
  if (state_ != nullptr && state_->caught_up())
    for (std::size_t p = first; p < last; ++p) catch_up(rows_[p], t_.clock->t - 1);
  for (std::size_t look = 0; look < t_.program->looks().size(); ++look) {
    for (std::size_t p = first; p < last; ++p) {
      // A row comes while others of its batch are measured; or other batches, where it is one by itself.
      const std::size_t next = p + (own ? kRowsAhead : 0);
      if (look == 0 && next < rows_.size()) prefetch(rows_[next]);
      measure_row(look, at_place(p), p - first);
    }
    conclude(look, rows_.subspan(first, last - first));
  }
}

/// A row's sum is that of a sweep over all rows: leaves and their tree, from its first element on.
void RowSweep::measure_row(std::size_t look, const Row& row, std::size_t in_batch) {
  const std::size_t count = t_.program->looks()[look].size();
  std::array<TreeSum, kMostSums> trees;
  const auto add = [&](std::size_t n, const Part& part) {
    std::array<double, kMostSums> sums;
    t_.kernels.looks[look].measure(step_.sweep, n, part.x, part.g, part.slots.data(), sums.data());
    for (std::size_t k = 0; k < count; ++k) trees[k].add(sums[k]);
  };
  if (t_.rows_direct)
    in_pieces(row, add);
  else
    for (std::size_t column = 0; column < columns_; column += kTile) {
      const std::size_t n = std::min(kTile, columns_ - column), offset = begin_of(row.number) + column;
      tile_.load(offset, n, kReading);
      row_in_tile(row, offset, n, add);
    }
  for (std::size_t k = 0; k < count; ++k) sums_[k][in_batch] = trees[k].total();
}

void RowSweep::conclude(std::size_t look, std::span<const std::int64_t> rows) {
  with_type(t_.arithmetic, [&]<class T>(T) {
    std::array<std::array<T, kBatch>, kMostSlots> kept;
    std::array<Numbers, kMostSlots> numbers;
    std::array<T*, kMostSlots> arrays;
    std::size_t count = 0;
    for (const Array& slot : t_.slots)
      if (slot.over == Over::row) arrays[count++] = reinterpret_cast<T*>(slot.elements);
    for (std::size_t s = 0; s < count; ++s) {
      for (std::size_t i = 0; i < rows.size(); ++i) kept[s][i] = arrays[s][rows[i]];
      numbers[s] = Numbers(std::span(kept[s]).first(rows.size()));
    }
    std::array<std::span<const double>, kMostSums> sums;
    for (std::size_t k = 0; k < kMostSums; ++k) sums[k] = std::span(sums_[k]).first(rows.size());
    t_.program->conclude_rows(look, step_.sweep.coefficients,
                              {.sums = sums,
                               .rows = static_cast<std::int64_t>(rows.size()),
                               .columns = t_.columns,
                               .slots = std::span(numbers).first(count),
                               .scalars = {},
                               .shared = {}});
    for (std::size_t s = 0; s < count; ++s)
      for (std::size_t i = 0; i < rows.size(); ++i) arrays[s][rows[i]] = kept[s][i];
  });
}

// Rows with steps of their own

/// Its coefficients. A row may be looked at several times before the step counts.
void RowSweep::take_own_step(std::int64_t row, bool count) {
  const auto r = static_cast<std::size_t>(row);
  std::array<double, kMostScalars> numbers;
  const std::span scalars = std::span(numbers).first(state_->scalars.size());
  for (std::size_t k = 0; k < scalars.size(); ++k) scalars[k] = state_->scalars[k][r];
  Now now{static_cast<std::int64_t>(state_->steps[r]) + 1,
          state_->gradient_norm,
          0,
          0,
          scalars,
          t_.domain->shared};
  t_.program->at(now, coefficients_.data());
  step_ = {{coefficients_.data(), t_.clock->sweep.lr, t_.clock->sweep.gain, 0}, now.t};
  if (!count) return;
  state_->steps[r] += 1;
  for (std::size_t k = 0; k < scalars.size(); ++k) state_->scalars[k][r] = scalars[k];
}

// Rows that are caught up

void RowSweep::catch_up(std::int64_t row, std::int64_t last) {
  double& at = state_->steps[static_cast<std::size_t>(row)];
  const auto before = static_cast<std::int64_t>(at);
  if (before == last) return;
  bool rests = false;  // as it was when it was kept
  for (std::int64_t t = before + 1; t <= last; ++t) {
    take_logged_step(t);
    if (t % kFlushSteps == kFlushSteps - 1 && alike(t, last)) {
      keep(row);
      rests = true;
    }
    for (std::size_t look = 0; look < t_.program->looks().size(); ++look) {
      measure_row(look, {row, nullptr}, 0);
      conclude(look, {&row, 1});
    }
    move_alone({row, nullptr});
    rests = rests && is_as_kept(row);
    if (rests && t % kFlushSteps == 0) break;
  }
  at = static_cast<double>(last);
  step_ = step_at_hand();
  tile_.t = step_.t;
}

void RowSweep::take_logged_step(std::int64_t t) {
  step_ = {state_->log[t], t};
  tile_.t = t;
}

/// Are all steps from t to `last` alike, and leave nothing to chance? A row that one of them leaves as it is,
/// and so the next, which flushes denormals, is left so by the others.
bool RowSweep::alike(std::int64_t t, std::int64_t last) const {
  return last > t + 1 && t_.rows_direct && bytes_ <= kept_.size() && state_->log.first_like(last) <= t;
}

void RowSweep::keep(std::int64_t row) {
  std::byte* to = kept_.data();
  for (std::size_t i = 0; i < arrays_; to += strips_[i++].a_row)
    std::memcpy(to, strips_[i].of(row), strips_[i].a_row);
}

bool RowSweep::is_as_kept(std::int64_t row) const {
  const std::byte* kept = kept_.data();
  for (std::size_t i = 0; i < arrays_; kept += strips_[i++].a_row)
    if (std::memcmp(kept, strips_[i].of(row), strips_[i].a_row) != 0) return false;
  return true;
}

}  // namespace gradus::engine
