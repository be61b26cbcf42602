#include "engine/rows/row_squares.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "engine/chunks.hpp"
#include "gradus/engine/survey.hpp"
#include "gradus/engine/tree_sum.hpp"

namespace gradus::engine {

namespace {

/// TreeSum where most nodes are zero: of the others, by their numbers, which ascend.
class SparseTreeSum {
 public:
  void add(std::size_t number, double sum) {
    while (count_ > 1 && level_of_last_two() < level(nodes_[count_ - 1].number, number)) merge_last_two();
    nodes_[count_++] = {number, sum};
  }
  double total() {
    while (count_ > 1) merge_last_two();
    return count_ == 0 ? 0 : nodes_[0].sum;
  }

 private:
  struct Node {
    std::size_t number;
    double sum;
  };

  /// Where two branches of the tree meet.
  static std::size_t level(std::size_t a, std::size_t b) {
    return static_cast<std::size_t>(std::bit_width(a ^ b));
  }
  [[nodiscard]] std::size_t level_of_last_two() const {
    return level(nodes_[count_ - 2].number, nodes_[count_ - 1].number);
  }
  void merge_last_two() {
    --count_;
    nodes_[count_ - 1].sum += nodes_[count_].sum;
  }

  std::array<Node, 66> nodes_;  // each two meet at a lower level than those before
  std::size_t count_ = 0;
};

/// Rows of a gradient, one after the other, as parts of the tensor.
struct Segments {
  std::span<const std::int64_t> rows;
  const std::byte* values;
  std::size_t columns, bytes;  // of an element

  [[nodiscard]] std::size_t begin(std::size_t place) const {
    return static_cast<std::size_t>(rows[place]) * columns;
  }
  [[nodiscard]] std::size_t end(std::size_t place) const { return begin(place) + columns; }
  [[nodiscard]] const std::byte* at(std::size_t place, std::size_t element) const {
    return values + (place * columns + (element - begin(place))) * bytes;
  }
};

/// The elements of a leaf that rows from `place` on have: where they are, if they follow one another (the
/// lanes are a ring: it does not matter which one the first is in), or copied between zeros.
double squares_of_leaf(const Survey& survey, const Segments& g, std::size_t place, std::size_t last,
                       std::size_t leaf, double factor) {
  const std::size_t from = leaf * kLeaf, to = from + kLeaf;
  const std::size_t begin = std::max(g.begin(place), from);
  std::size_t end = g.end(place), next = place + 1;
  while (next < last && g.begin(next) == end && end < to) end = g.end(next++);
  if (next == last || g.begin(next) >= to)
    return survey.squares(std::min(end, to) - begin, g.at(place, begin), factor);
  alignas(64) std::array<std::byte, kLeaf * sizeof(double)> room;
  std::memset(room.data(), 0, kLeaf * g.bytes);
  for (; place < last && g.begin(place) < to; ++place) {
    const std::size_t first = std::max(g.begin(place), from);
    std::memcpy(room.data() + (first - from) * g.bytes, g.at(place, first),
                (std::min(g.end(place), to) - first) * g.bytes);
  }
  return survey.squares(kLeaf, room.data(), factor);
}

/// Of its leaves that have elements of these rows.
double squares_of_chunk(const Survey& survey, const Segments& g, std::size_t place, std::size_t last,
                        std::size_t chunk, double factor) {
  SparseTreeSum tree;
  const std::size_t end = (chunk + 1) * (kChunk / kLeaf);
  for (std::size_t leaf = chunk * (kChunk / kLeaf); place < last; ++leaf) {
    leaf = std::max(leaf, g.begin(place) / kLeaf);
    if (leaf >= end) break;
    tree.add(leaf, squares_of_leaf(survey, g, place, last, leaf, factor));
    while (place < last && g.end(place) <= (leaf + 1) * kLeaf) ++place;
  }
  return tree.total();
}

}  // namespace

double RowSquares::sum(const Tensor& tensor, const Coalesced& gradient, double factor, Crew& crew) {
  const Array& values = gradient.values();
  const Segments g{gradient.rows(), values.elements, static_cast<std::size_t>(tensor.columns),
                   bytes_of(values.dtype)};
  const Survey survey = survey_for(isa_, values.dtype);
  cut(g.rows, g.columns);
  const std::size_t elements = std::max<std::size_t>(1, g.rows.size() * g.columns);
  const std::size_t a_task = std::max<std::size_t>(1, pieces_.size() * kTask / elements);
  crew.run((pieces_.size() + a_task - 1) / a_task, elements, [&](std::size_t task) {
    for (std::size_t i = task * a_task; i < std::min((task + 1) * a_task, pieces_.size()); ++i)
      sums_[i] = squares_of_chunk(survey, g, pieces_[i].first, pieces_[i].last, pieces_[i].chunk, factor);
  });
  SparseTreeSum tree;
  for (std::size_t i = 0; i < pieces_.size(); ++i) tree.add(pieces_[i].chunk, sums_[i]);
  return tree.total();
}

void RowSquares::cut(std::span<const std::int64_t> rows, std::size_t columns) {
  pieces_.clear();
  if (columns == 0) return;
  for (std::size_t place = 0; place < rows.size(); ++place) {
    const std::size_t begin = static_cast<std::size_t>(rows[place]) * columns;
    const std::size_t first = begin / kChunk, last = (begin + columns - 1) / kChunk;
    if (!pieces_.empty() && pieces_.back().chunk == first)
      pieces_.back().last = place + 1;
    else
      pieces_.push_back({first, place, place + 1});
    for (std::size_t chunk = first + 1; chunk <= last; ++chunk) pieces_.push_back({chunk, place, place + 1});
  }
  sums_.resize(pieces_.size());
}

}  // namespace gradus::engine
