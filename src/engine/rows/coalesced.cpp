#include "engine/rows/coalesced.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "engine/chunks.hpp"
#include "engine/tiles.hpp"
#include "gradus/core/error.hpp"

namespace gradus::engine {

namespace {

/// Throws Error unless the tensor has all of them. Says whether they ascend, each once.
bool ascending(std::span<const std::int64_t> rows, std::int64_t row_count) {
  bool ascend = true;
  std::int64_t last = -1;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] < 0 || rows[i] >= row_count)
      throw Error(
          "its gradient's row number " + std::to_string(i) + " is " + std::to_string(rows[i]) +
          (row_count == 0 ? "; it has no rows" : "; the rows are 0 to " + std::to_string(row_count - 1)));
    ascend = ascend && rows[i] > last;
    last = rows[i];
  }
  return ascend;
}

/// sum[j] = decoded(row[j]), or sum[j] += decoded(row[j])
template <class T>
void take_row(const Array& values, std::size_t offset, std::size_t columns, bool add, T* sum) {
  const std::size_t bytes = bytes_of(values.dtype);
  std::array<T, kTile> decoded;
  for (std::size_t j = 0; j < columns; j += kTile) {
    const std::size_t n = std::min(kTile, columns - j);
    const std::byte* from = values.elements + (offset + j) * bytes;
    const T* numbers = reinterpret_cast<const T*>(from);
    if (values.dtype != kDtypeOf<T>) {
      values.codec.decode(n, from, nullptr, decoded.data());
      numbers = decoded.data();
    }
    if (!add)
      std::copy_n(numbers, n, sum + j);
    else
      for (std::size_t i = 0; i < n; ++i) sum[j + i] += numbers[i];
  }
}

}  // namespace

void Coalesced::gather(const Tensor& tensor, Crew& crew) {
  const RowGradient& g = *tensor.row_gradient;
  rows_ = g.rows;
  values_ = g.values;
  if (ascending(g.rows, tensor.rows)) return;
  sort(g.rows, tensor.rows);
  distinct_.clear();
  first_.clear();
  for (std::size_t i = 0; i < given_.size(); ++i)
    if (i == 0 || given_[i].row != given_[i - 1].row) {
      distinct_.push_back(given_[i].row);
      first_.push_back(i);
    }
  first_.push_back(given_.size());
  add_up(tensor, crew);
  rows_ = distinct_;
}

/// By 11 bits at a time, the lowest first; equal ones stay in their order.
void Coalesced::sort(std::span<const std::int64_t> rows, std::int64_t row_count) {
  constexpr unsigned kDigit = 11;
  given_.resize(rows.size());
  other_.resize(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) given_[i] = {rows[i], i};
  const auto bits = static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(row_count - 1)));
  for (unsigned shift = 0; shift < bits; shift += kDigit) {
    const auto digit = [&](const Given& g) {
      return static_cast<std::size_t>(g.row >> shift) & ((std::size_t{1} << kDigit) - 1);
    };
    std::array<std::size_t, (1 << kDigit) + 1> begin{};
    for (const Given& g : given_) ++begin[digit(g) + 1];
    for (std::size_t d = 1; d < begin.size(); ++d) begin[d] += begin[d - 1];
    for (const Given& g : given_) other_[begin[digit(g)]++] = g;
    std::swap(given_, other_);
  }
}

void Coalesced::add_up(const Tensor& tensor, Crew& crew) {
  const auto columns = static_cast<std::size_t>(tensor.columns);
  const std::size_t size = distinct_.size() * columns;
  if (sums_ == nullptr || sums_->dtype() != tensor.arithmetic ||
      sums_->size() < size)  // another tensor's before
    sums_ = std::make_unique<Buffer>(tensor.arithmetic, size);
  const Array given = values_;
  values_ = {.dtype = tensor.arithmetic, .elements = sums_->data()};
  const std::size_t a_task = std::max<std::size_t>(1, kTask / std::max<std::size_t>(1, columns));
  crew.run((distinct_.size() + a_task - 1) / a_task, given_.size() * columns, [&](std::size_t task) {
    with_type(tensor.arithmetic, [&]<class T>(T) {
      T* const sums = reinterpret_cast<T*>(sums_->data());
      for (std::size_t u = task * a_task; u < std::min((task + 1) * a_task, distinct_.size()); ++u)
        for (std::size_t i = first_[u]; i < first_[u + 1]; ++i)
          take_row(given, given_[i].position * columns, columns, i > first_[u], sums + u * columns);
    });
  });
}

}  // namespace gradus::engine
