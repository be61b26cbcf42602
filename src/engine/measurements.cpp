#include "engine/measurements.hpp"

#include <algorithm>

#include "engine/tiles.hpp"

namespace gradus::engine {

namespace {

std::size_t row_count(const Tensor& t) { return static_cast<std::size_t>(t.rows); }
std::size_t column_count(const Tensor& t) { return static_cast<std::size_t>(t.columns); }
/// Pieces that a row is measured in.
std::size_t row_pieces(const Tensor& t) { return (column_count(t) + kChunk - 1) / kChunk; }

std::size_t count(std::span<const Over> sums, Over over) {
  return static_cast<std::size_t>(std::count(sums.begin(), sums.end(), over));
}
bool has_lines(std::span<const Over> sums) { return count(sums, Over::row) + count(sums, Over::column) > 0; }

bool takes(const Tensor& t, std::size_t look) {
  return t.has_dense_gradient() && t.size > 0 && look < t.program->looks().size();
}
/// Is the look one at rows or columns? Where there is one
/// column only, that is the tensor, and a row an element.
bool takes_lines(const Tensor& t, std::size_t look) {
  return takes(t, look) && t.columns > 1 && has_lines(t.program->looks()[look]);
}

bool has_sums_over_all(const Program& program) {
  return std::any_of(program.looks().begin(), program.looks().end(),
                     [](std::span<const Over> sums) { return count(sums, Over::all) > 0; });
}

/// Adds up `count` arrays of n numbers that follow one another, neighbours first, into the first.
void add_as_tree(double* arrays, std::size_t count, std::size_t n) {
  for (; count > 1; count = (count + 1) / 2) {
    for (std::size_t i = 0; i < count / 2; ++i)
      for (std::size_t j = 0; j < n; ++j)
        arrays[i * n + j] = arrays[2 * i * n + j] + arrays[(2 * i + 1) * n + j];
    if (count % 2 == 1) std::copy_n(arrays + (count - 1) * n, n, arrays + count / 2 * n);
  }
}

}  // namespace

// The plan

void Measurements::plan(std::span<const Tensor> tensors) {
  looks_ = 0;
  blocks_.clear();
  circles_.clear();
  measured_.clear();
  rooms_.resize(tensors.size());
  std::size_t chunks = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    chunks += (tensors[i].size + kChunk - 1) / kChunk;
    if (tensors[i].program->looks().empty()) continue;
    plan_tensor(tensors, i);
  }
  if (looks_ > 0) chunk_sums_.resize(chunks * kMostSums);
}

void Measurements::plan_tensor(std::span<const Tensor> tensors, std::size_t number) {
  const Tensor& t = tensors[number];
  Room& room = rooms_[number];
  measured_.push_back(number);
  looks_ = std::max(looks_, t.program->looks().size());
  room.totals.resize(kMostSums);
  room.sums.resize(kMostSums);

  std::size_t row_sums = 0, column_sums = 0;
  for (const std::span<const Over> sums : t.program->looks())
    if (has_lines(sums)) {
      row_sums = std::max(row_sums, sums.size());
      column_sums = std::max(column_sums, count(sums, Over::column));
    }
  const std::size_t rows = row_count(t), columns = column_count(t);
  const std::size_t row_blocks = (rows + kBlockRows - 1) / kBlockRows;
  room.rows.resize(row_sums * rows * row_pieces(t));
  room.columns.resize(column_sums * row_blocks * columns);
  if (row_sums + column_sums > 0)
    for (std::size_t r = 0; r < rows; r += kBlockRows)
      for (std::size_t c = 0; c < columns; c += kChunk) {
        const std::size_t height = std::min(kBlockRows, rows - r), width = std::min(kChunk, columns - c);
        blocks_.add({number, r, height, c, width, height * width}, t);
      }
  if (!t.program->shared().empty() || has_sums_over_all(*t.program)) {
    auto circle = std::find_if(circles_.begin(), circles_.end(),
                               [&](const Circle& other) { return other.domain == t.domain; });
    if (circle == circles_.end())
      circle = circles_.insert(circle, {t.domain, {}, std::vector<double>(kMostSums)});
    circle->tensors.push_back(number);
  }
}

// The sums

void Measurements::take(std::span<Tensor> tensors, std::size_t elements, const Chunks& chunks, Crew& crew) {
  for (std::size_t look = 0; look < looks_; ++look) {
    measure(tensors, elements, look, chunks, crew);
    measure_lines(tensors, elements, look, crew);
    add_chunks(tensors, look, chunks);
    crew.run(measured_.size(), elements, [&](std::size_t i) {
      if (takes_lines(tensors[measured_[i]], look))
        add_lines(tensors[measured_[i]], look, rooms_[measured_[i]]);
    });
    for (Circle& circle : circles_) add_circle(tensors, look, circle);
    crew.run(measured_.size(), elements, [&](std::size_t i) {
      Tensor& t = tensors[measured_[i]];
      std::array<Numbers, kMostSlots> numbers;
      if (takes(t, look))
        t.program->conclude(look, t.clock->coefficients.data(), findings(t, rooms_[measured_[i]], numbers));
    });
  }
}

/// Of tensors whose sums are not over rows or columns.
void Measurements::measure(std::span<const Tensor> tensors, std::size_t elements, std::size_t look,
                           const Chunks& chunks, Crew& crew) {
  const auto measured = [&](const Tensor& t) { return takes(t, look) && !takes_lines(t, look); };
  chunks.sweep(crew, tensors, elements, measured, [&](std::size_t number, const Chunk& chunk) {
    const Tensor& t = tensors[chunk.tensor];
    const std::size_t sums_count = t.program->looks()[look].size();
    std::array<TreeSum, kMostSums> trees;
    in_tiles(t, chunk.offset, chunk.size, {}, [&](std::size_t at, std::size_t n, const Part& part) {
      std::array<double, kMostSums> sums;
      t.kernels.looks[look].measure(t.clock->sweep, n, part.x, part.g, part.slots.data(), sums.data());
      for (std::size_t k = 0; k < sums_count; ++k) trees[k].add(sums[k]);
      if (t.kernels.looks[look].rows != nullptr) measure_elements(t, look, at, n, part, rooms_[chunk.tensor]);
    });
    for (std::size_t k = 0; k < sums_count; ++k) chunk_sums_[number * kMostSums + k] = trees[k].total();
  });
}

/// Rows of one element each.
void Measurements::measure_elements(const Tensor& t, std::size_t look, std::size_t at, std::size_t n,
                                    const Part& part, Room& room) {
  const std::span<const Over> overs = t.program->looks()[look];
  std::array<double*, kMostSums> rows;
  std::size_t count = 0;
  for (std::size_t k = 0; k < overs.size(); ++k) {
    if (overs[k] != Over::row) continue;
    rows[count] = room.rows.data() + k * t.size + at;
    std::fill_n(rows[count++], n, 0.0);
  }
  t.kernels.looks[look].rows(t.clock->sweep, n, part.x, part.g, part.slots.data(), rows.data());
}

void Measurements::add_chunks(std::span<const Tensor> tensors, std::size_t look, const Chunks& chunks) {
  by_tensor(chunks.pieces(), [&](std::size_t tensor, std::size_t first, std::size_t last) {
    const Tensor& t = tensors[tensor];
    if (!takes(t, look) || takes_lines(t, look)) return;
    Room& room = rooms_[tensor];
    const std::span<const Over> overs = t.program->looks()[look];
    for (std::size_t k = 0; k < overs.size(); ++k) {
      TreeSum tree;
      for (std::size_t i = first; i < last; ++i) tree.add(chunk_sums_[i * kMostSums + k]);
      room.totals[k] = tree.total();
      room.sums[k] = overs[k] == Over::row ? std::span(room.rows).subspan(k * t.size, t.size)
                                           : std::span(room.totals).subspan(k, 1);
    }
  });
}

void Measurements::measure_lines(std::span<const Tensor> tensors, std::size_t elements, std::size_t look,
                                 Crew& crew) {
  blocks_.sweep(
      crew, tensors, elements, [&](const Tensor& t) { return takes_lines(t, look); },
      [&](std::size_t, const Block& block) { measure_block(tensors[block.tensor], look, block); });
}

void Measurements::measure_block(const Tensor& t, std::size_t look, const Block& block) {
  Room& room = rooms_[block.tensor];
  const std::span<const Over> overs = t.program->looks()[look];
  const LookKernels& kernels = t.kernels.looks[look];
  const std::size_t rows = row_count(t), columns = column_count(t), pieces = row_pieces(t);
  const std::size_t row_blocks = (rows + kBlockRows - 1) / kBlockRows,
                    row_block = block.first_row / kBlockRows;
  std::array<double*, kMostSums> totals;
  for (std::size_t k = 0; k < count(overs, Over::column); ++k) {
    totals[k] = room.columns.data() + (k * row_blocks + row_block) * columns + block.first_column;
    std::fill_n(totals[k], block.columns, 0.0);
  }
  for (std::size_t r = block.first_row; r < block.first_row + block.rows; ++r) {
    std::array<TreeSum, kMostSums> trees;
    const std::size_t begin = r * columns + block.first_column;
    in_tiles(t, begin, block.columns, {}, [&](std::size_t at, std::size_t n, const Part& part) {
      std::array<double, kMostSums> sums;
      kernels.measure(t.clock->sweep, n, part.x, part.g, part.slots.data(), sums.data());
      for (std::size_t k = 0; k < overs.size(); ++k) trees[k].add(sums[k]);
      if (kernels.columns == nullptr) return;
      std::array<double*, kMostSums> here;
      for (std::size_t k = 0; k < count(overs, Over::column); ++k) here[k] = totals[k] + (at - begin);
      kernels.columns(t.clock->sweep, n, part.x, part.g, part.slots.data(), here.data());
    });
    for (std::size_t k = 0; k < overs.size(); ++k)
      room.rows[(k * rows + r) * pieces + block.first_column / kChunk] = trees[k].total();
  }
}

/// Rows from their pieces, columns from their blocks, the tensor from its rows.
void Measurements::add_lines(const Tensor& t, std::size_t look, Room& room) {
  const std::span<const Over> overs = t.program->looks()[look];
  const std::size_t rows = row_count(t), columns = column_count(t), pieces = row_pieces(t);
  const std::size_t row_blocks = (rows + kBlockRows - 1) / kBlockRows;
  std::size_t column_sum = 0;
  for (std::size_t k = 0; k < overs.size(); ++k) {
    TreeSum of_rows;
    for (std::size_t i = k * rows; i < (k + 1) * rows; ++i) {
      TreeSum row;
      for (std::size_t piece = 0; piece < pieces; ++piece) row.add(room.rows[i * pieces + piece]);
      room.rows[i] = row.total();
      of_rows.add(room.rows[i]);
    }
    room.totals[k] = of_rows.total();
    room.sums[k] = std::span(room.totals).subspan(k, 1);
    if (overs[k] == Over::row) room.sums[k] = std::span(room.rows).subspan(k * rows, rows);
    if (overs[k] == Over::column) {
      double* const first = room.columns.data() + column_sum++ * row_blocks * columns;
      add_as_tree(first, row_blocks, columns);
      room.sums[k] = {first, columns};
    }
  }
}

/// Sums over all, and what is concluded from them together.
void Measurements::add_circle(std::span<Tensor> tensors, std::size_t look, Circle& circle) {
  const auto first = std::find_if(circle.tensors.begin(), circle.tensors.end(),
                                  [&](std::size_t i) { return takes(tensors[i], look); });
  if (first == circle.tensors.end()) return;
  Tensor& t = tensors[*first];
  const std::span<const Over> overs = t.program->looks()[look];
  for (std::size_t k = 0; k < overs.size(); ++k) {
    if (overs[k] != Over::all) continue;
    TreeSum tree;
    for (const std::size_t i : circle.tensors) tree.add(takes(tensors[i], look) ? rooms_[i].totals[k] : 0);
    circle.totals[k] = tree.total();
    for (const std::size_t i : circle.tensors) rooms_[i].sums[k] = std::span(circle.totals).subspan(k, 1);
  }
  std::array<Numbers, kMostSlots> numbers;
  t.program->conclude_together(look, t.clock->coefficients.data(), findings(t, rooms_[*first], numbers),
                               t.domain->shared);
}

Findings Measurements::findings(Tensor& t, const Room& room, std::span<Numbers> numbers) {
  std::size_t count = 0;
  for (const Array& slot : t.slots) {
    if (slot.over == Over::element) continue;
    const std::size_t n = slot.over == Over::row ? row_count(t) : column_count(t);
    numbers[count++] = with_type(
        t.arithmetic, [&]<class T>(T) { return Numbers(std::span(reinterpret_cast<T*>(slot.elements), n)); });
  }
  return {room.sums, t.rows, t.columns, numbers.first(count), t.clock->scalars, t.domain->shared};
}

}  // namespace gradus::engine
