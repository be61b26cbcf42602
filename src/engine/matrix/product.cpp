// Products as a BLAS has them (Goto & van de Geijn, "Anatomy of high-performance matrix multiplication", 2008):
// factors are packed, and tiles of the product computed from blocks of them that stay in a cache. What is not
// as there: the bits. Each element begins at 0 and takes in its products by fused multiply-adds in the order
// of k, so blocks, tiles and threads never show in it.

#include <algorithm>
#include <array>
#include <cassert>
#include <memory>

#include "engine/matrix/micro_kernel.hpp"
#include "gradus/engine/matrix.hpp"

namespace gradus::engine {

namespace {

constexpr std::int64_t kRoundDepth = 512;  // of what is packed at a time: less scratch, more forks and joins
constexpr std::int64_t kBlockDepth = 256;  // of a tile: a panel of each factor is in the first-level cache
constexpr std::int64_t kBlockTiles = 12;   // of rows in a block: they are in the second-level cache
constexpr std::int64_t kLeastDepth = 64;
constexpr std::size_t kAlignment = 64;  // a cache line, in bytes

constexpr std::int64_t blocks_of(std::int64_t total, std::int64_t most) { return (total + most - 1) / most; }
/// The size of blocks that are about equal and no larger than `most`.
constexpr std::int64_t even_share(std::int64_t total, std::int64_t most) {
  return blocks_of(total, std::max<std::int64_t>(1, blocks_of(total, most)));
}

/// What is summed along: rows of the first factor, or columns of the second.
template <class T>
struct Lines {
  std::int64_t count, between, along;  // element k of line i: data[i * between + k * along]
  const T* data;
};

template <class T>
Lines<T> rows_of(const Factor<T>& f) {
  const std::int64_t stride = f.matrix.columns;
  return f.transposed ? Lines<T>{stride, 1, stride, f.matrix.data}
                      : Lines<T>{f.matrix.rows, stride, 1, f.matrix.data};
}
template <class T>
Lines<T> columns_of(const Factor<T>& f) {
  return rows_of(Factor<T>{f.matrix, !f.transposed});
}

/// Panels of one factor for a round: block of k after block, in it panel after panel.
template <class T>
struct Packed {
  Lines<T> lines;
  std::int64_t width;
  void (*pack)(const T*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, T*);
  T* data;

  [[nodiscard]] std::int64_t panels() const { return blocks_of(lines.count, width); }
  /// Where the block begins whose first k is so much after the round's.
  [[nodiscard]] T* block(std::int64_t k) const { return data + k * panels() * width; }

  void pack_panel(std::int64_t panel, std::int64_t first_k, std::int64_t depth,
                  std::int64_t block_depth) const {
    const std::int64_t line = panel * width;
    for (std::int64_t k = 0; k < depth; k += block_depth) {
      const std::int64_t n = std::min(block_depth, depth - k);
      pack(lines.data + line * lines.between + (first_k + k) * lines.along, lines.between, lines.along,
           std::min(width, lines.count - line), n, block(k) + line * n);
    }
  }
};

template <class T>
class Product {
 public:
  Product(Isa isa, Crew& crew, Factor<T> a, Factor<T> b, MatrixView<T> out, bool symmetric,
          std::span<T> scratch, Factors factors)
      : crew_(crew),
        kernel_(micro_kernel_for<T>(isa, factors)),
        out_(out),
        inner_(columns_of(a).count),
        symmetric_(symmetric),
        a_{rows_of(a), kernel_.rows, kernel_.pack_rows, nullptr},
        b_{columns_of(b), kernel_.columns, kernel_.pack_columns, nullptr} {
    settle_depth(scratch);
    cut_into_blocks();
  }

  void run() {
    if (inner_ == 0) std::fill_n(out_.data, out_.size(), T{0});
    for (std::int64_t k = 0; k < inner_; k += round_depth_) {
      const std::int64_t depth = std::min(round_depth_, inner_ - k);
      pack(k, depth);
      add_round(k == 0, depth);
    }
    if (symmetric_) mirror();
  }

 private:
  /// As deep as the scratch allows.
  void settle_depth(std::span<T> scratch) {
    void* aligned = scratch.data();
    std::size_t bytes = scratch.size_bytes();
    std::align(kAlignment, 0, aligned, bytes);
    const std::int64_t a_lines = a_.panels() * a_.width, b_lines = b_.panels() * b_.width;
    const std::int64_t room =
        static_cast<std::int64_t>(bytes / sizeof(T)) / std::max(std::int64_t{1}, a_lines + b_lines);
    assert(inner_ == 0 || room > 0);
    round_depth_ = even_share(inner_, std::min(kRoundDepth, room));
    block_depth_ = even_share(round_depth_, kBlockDepth);
    b_.data = static_cast<T*>(aligned);
    a_.data = b_.data + b_lines * round_depth_;
  }

  /// One block of rows a task; with several threads smaller ones, and of columns too if there are still few.
  void cut_into_blocks() {
    const auto threads = static_cast<std::int64_t>(crew_.threads());
    row_tiles_ = even_share(a_.panels(), threads > 1 ? kBlockTiles / 2 : kBlockTiles);
    row_blocks_ = blocks_of(a_.panels(), row_tiles_);
    const std::int64_t wanted = threads > 1 ? blocks_of(4 * threads, row_blocks_) : 1;
    column_tiles_ = std::max<std::int64_t>(2, blocks_of(b_.panels(), wanted));
    column_blocks_ = blocks_of(b_.panels(), column_tiles_);
  }

  template <class F>
  void share_out(std::int64_t tasks, std::int64_t work, F f) {
    crew_.run(static_cast<std::size_t>(tasks), static_cast<std::size_t>(work),
              [&](std::size_t task) { f(static_cast<std::int64_t>(task)); });
  }

  void pack(std::int64_t first_k, std::int64_t depth) {
    const std::int64_t lines = a_.lines.count + b_.lines.count;
    share_out(a_.panels() + b_.panels(), lines * depth, [&](std::int64_t task) {
      const bool first_factor = task < a_.panels();
      (first_factor ? a_ : b_)
          .pack_panel(first_factor ? task : task - a_.panels(), first_k, depth, block_depth_);
    });
  }

  void add_round(bool first, std::int64_t depth) {
    constexpr std::int64_t kProductsAnElement = 32;  // that take as long as an element of a sweep
    const std::int64_t products = out_.rows * out_.columns * depth / (symmetric_ ? 2 : 1);
    share_out(row_blocks_ * column_blocks_, products / kProductsAnElement, [&](std::int64_t task) {
      const std::int64_t last_first =
          row_blocks_ - 1 - task / column_blocks_;  // it has most below a diagonal
      for (std::int64_t k = 0; k < depth; k += block_depth_)
        add_block(last_first, task % column_blocks_, k, std::min(block_depth_, depth - k), first && k == 0);
    });
  }

  void add_block(std::int64_t row_block, std::int64_t column_block, std::int64_t k, std::int64_t depth,
                 bool from_zero) {
    const std::int64_t first = row_block * row_tiles_, last = std::min(first + row_tiles_, a_.panels());
    const std::int64_t left = column_block * column_tiles_,
                       right = std::min(left + column_tiles_, b_.panels());
    for (std::int64_t j = left; j < right; ++j) {
      const std::int64_t diagonal = symmetric_ ? j * kernel_.columns / kernel_.rows : 0;
      for (std::int64_t i = std::max(first, diagonal); i < last; ++i)
        add_tile(i * kernel_.rows, j * kernel_.columns, depth, a_.block(k) + i * a_.width * depth,
                 b_.block(k) + j * b_.width * depth, from_zero);
    }
  }

  void add_tile(std::int64_t i, std::int64_t j, std::int64_t depth, const T* a, const T* b, bool from_zero) {
    const std::int64_t rows = std::min(kernel_.rows, out_.rows - i);
    const std::int64_t columns = std::min(kernel_.columns, out_.columns - j);
    T* const out = out_.data + i * out_.columns + j;
    if (rows == kernel_.rows && columns == kernel_.columns)
      return kernel_.add_products(depth, a, b, from_zero, out, out_.columns);
    std::array<T, kMostTileSide * kMostTileSide> whole;
    std::fill_n(whole.data(), kernel_.rows * kernel_.columns, T{0});
    for (std::int64_t r = 0; r < rows && !from_zero; ++r)
      std::copy_n(out + r * out_.columns, columns, whole.data() + r * kernel_.columns);
    kernel_.add_products(depth, a, b, from_zero, whole.data(), kernel_.columns);
    for (std::int64_t r = 0; r < rows; ++r)
      std::copy_n(whole.data() + r * kernel_.columns, columns, out + r * out_.columns);
  }

  /// What lies above the diagonal becomes what lies below it.
  void mirror() {
    constexpr std::int64_t kSide = 16;
    const std::int64_t n = out_.rows, blocks = blocks_of(n, kSide);
    share_out(blocks, n * n / 2, [&](std::int64_t task) {
      const std::int64_t i0 = (blocks - 1 - task) * kSide, i1 = std::min(i0 + kSide, n);
      for (std::int64_t j0 = 0; j0 <= i0; j0 += kSide)
        for (std::int64_t j = j0; j < std::min(j0 + kSide, n); ++j)
          for (std::int64_t i = std::max(i0, j + 1); i < i1; ++i) out_.data[j * n + i] = out_.data[i * n + j];
    });
  }

  Crew& crew_;
  MicroKernel<T> kernel_;
  MatrixView<T> out_;
  std::int64_t inner_;
  bool symmetric_;
  Packed<T> a_, b_;
  std::int64_t round_depth_ = 0, block_depth_ = 0;
  std::int64_t row_tiles_ = 0, row_blocks_ = 0, column_tiles_ = 0, column_blocks_ = 0;
};

}  // namespace

std::size_t multiply_scratch(std::int64_t rows, std::int64_t columns) {
  const std::int64_t depth = std::clamp(std::min(rows, columns), kLeastDepth, kRoundDepth);
  return static_cast<std::size_t>((rows + columns + 2 * kMostTileSide) * depth) + kAlignment / sizeof(float);
}

template <class T>
void multiply(Isa isa, Crew& crew, Factor<T> a, Factor<T> b, MatrixView<T> out, std::span<T> scratch,
              Factors factors) {
  Product<T>(isa, crew, a, b, out, false, scratch, factors).run();
}

template <class T>
void multiply_symmetric(Isa isa, Crew& crew, Factor<T> a, Factor<T> b, MatrixView<T> out,
                        std::span<T> scratch, Factors factors) {
  Product<T>(isa, crew, a, b, out, true, scratch, factors).run();
}

#define GRADUS_FOR(T)                                                                                \
  template void multiply<T>(Isa, Crew&, Factor<T>, Factor<T>, MatrixView<T>, std::span<T>, Factors); \
  template void multiply_symmetric<T>(Isa, Crew&, Factor<T>, Factor<T>, MatrixView<T>, std::span<T>, Factors);
GRADUS_FOR(float)
GRADUS_FOR(double)
#undef GRADUS_FOR

}  // namespace gradus::engine
