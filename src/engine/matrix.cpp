#include "gradus/engine/matrix.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "gradus/core/real.hpp"
#include "gradus/engine/sweep.hpp"
#include "gradus/engine/tree_sum.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus::engine {

namespace {

constexpr std::int64_t kPanelColumns = 64;
constexpr std::int64_t kPanelRows = 64;  // of one go: they stay in the first-level cache

/// out[r][j] += a[r][0] * b[0][j] + ... + a[r][Depth - 1] * b[Depth - 1][j], one product after the other.
template <std::int64_t Rows, std::int64_t Depth, class T>
[[gnu::always_inline]] inline void add_products(std::int64_t columns, const T* a, std::int64_t a_stride,
                                                const T* __restrict b, T* __restrict out,
                                                std::int64_t out_stride) {
  T factor[Rows][Depth];
  for (std::int64_t r = 0; r < Rows; ++r)
    for (std::int64_t k = 0; k < Depth; ++k) factor[r][k] = a[r * a_stride + k];
  GRADUS_INDEPENDENT
  for (std::int64_t j = 0; j < columns; ++j)
    for (std::int64_t r = 0; r < Rows; ++r) {
      T sum = out[r * out_stride + j];
      for (std::int64_t k = 0; k < Depth; ++k) sum += factor[r][k] * b[k * kPanelColumns + j];
      out[r * out_stride + j] = sum;
    }
}

/// Adds to each row of out the products of a row of a with `depth` rows of the panel.
/// Plain loops: GCC takes vectors of a wider type apart before it inlines them into
/// the function that has the registers. Two rows and four products at a time fill the
/// registers of AVX2, and need an element of out in them only every fourth product.
template <class T>
struct PanelBody {
  template <std::int64_t Rows>
  [[gnu::always_inline]] static inline void add_rows(std::int64_t depth, std::int64_t columns, const T* a,
                                                     std::int64_t a_stride, const T* panel, T* out,
                                                     std::int64_t out_stride) {
    std::int64_t k = 0;
    for (; k + 4 <= depth; k += 4)
      add_products<Rows, 4>(columns, a + k, a_stride, panel + k * kPanelColumns, out, out_stride);
    for (; k < depth; ++k)
      add_products<Rows, 1>(columns, a + k, a_stride, panel + k * kPanelColumns, out, out_stride);
  }

  [[gnu::always_inline]] static inline void run(std::int64_t rows, std::int64_t depth, std::int64_t columns,
                                                const T* a, std::int64_t a_stride, const T* panel, T* out,
                                                std::int64_t out_stride) {
    std::int64_t i = 0;
    for (; i + 2 <= rows; i += 2)
      add_rows<2>(depth, columns, a + i * a_stride, a_stride, panel, out + i * out_stride, out_stride);
    if (i < rows)
      add_rows<1>(depth, columns, a + i * a_stride, a_stride, panel, out + i * out_stride, out_stride);
  }
};

template <class T>
struct CombineBody {
  [[gnu::always_inline]] static inline void run(std::size_t n, double alpha, const T* a, double beta,
                                                const T* b, T* out) {
    for (std::size_t i = 0; i < n; ++i)
      out[i] = (Coef(alpha) * Real<T>{a[i]} + Coef(beta) * Real<T>{b[i]}).value;
  }
};

template <class T>
struct SquaresBody {
  [[gnu::always_inline]] static inline void run(std::size_t n, const T* a, double* sum) {
    position_sums<1>(
        n, sum, [&](std::size_t i) __attribute__((always_inline)) {
          return std::array{wide(Real<T>{a[i]}) * wide(Real<T>{a[i]})};
        });
  }
};

}  // namespace

std::size_t multiply_scratch(std::int64_t inner) { return static_cast<std::size_t>(inner * kPanelColumns); }

template <class T>
void multiply(Isa isa, MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> out, T* panel) {
  const auto add = Versions<PanelBody<T>>::template pick<void (*)(
      std::int64_t, std::int64_t, std::int64_t, const T*, std::int64_t, const T*, T*, std::int64_t)>(isa);
  std::fill_n(out.data, out.size(), T{0});
  for (std::int64_t j = 0; j < b.columns; j += kPanelColumns) {
    const std::int64_t columns = std::min(kPanelColumns, b.columns - j);
    for (std::int64_t k = 0; k < b.rows; ++k)
      std::copy_n(b.data + k * b.columns + j, columns, panel + k * kPanelColumns);
    for (std::int64_t k = 0; k < b.rows; k += kPanelRows)
      add(a.rows, std::min(kPanelRows, b.rows - k), columns, a.data + k, a.columns, panel + k * kPanelColumns,
          out.data + j, out.columns);
  }
}

template <class T>
void transpose(MatrixView<const T> a, MatrixView<T> out) {
  constexpr std::int64_t kTile = 16;
  for (std::int64_t i0 = 0; i0 < a.rows; i0 += kTile)
    for (std::int64_t j0 = 0; j0 < a.columns; j0 += kTile)
      for (std::int64_t i = i0; i < std::min(i0 + kTile, a.rows); ++i)
        for (std::int64_t j = j0; j < std::min(j0 + kTile, a.columns); ++j)
          out.data[j * a.rows + i] = a.data[i * a.columns + j];
}

template <class T>
void combine(Isa isa, double alpha, MatrixView<const T> a, double beta, MatrixView<const T> b,
             MatrixView<T> out) {
  Versions<CombineBody<T>>::template pick<void (*)(std::size_t, double, const T*, double, const T*, T*)>(isa)(
      a.size(), alpha, a.data, beta, b.data, out.data);
}

template <class T>
double frobenius_norm(Isa isa, MatrixView<const T> a) {
  double sum = 0;
  Versions<SquaresBody<T>>::template pick<void (*)(std::size_t, const T*, double*)>(isa)(a.size(), a.data,
                                                                                         &sum);
  if (!std::isinf(sum)) return sqrt(Real<double>{sum}).value;
  // The squares of doubles overflow beyond 1e154: all are scaled down first.
  const auto magnitude = [](T x) { return std::abs(static_cast<double>(x)); };
  const double largest = std::transform_reduce(
      a.data, a.data + a.size(), 0.0, [](double x, double y) { return std::max(x, y); }, magnitude);
  if (std::isinf(largest)) return largest;
  sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double scaled = magnitude(a.data[i]) / largest;
    sum += scaled * scaled;
  }
  return largest * sqrt(Real<double>{sum}).value;
}

#define GRADUS_FOR(T)                                                                                     \
  template void multiply<T>(Isa, MatrixView<const T>, MatrixView<const T>, MatrixView<T>, T*);            \
  template void transpose<T>(MatrixView<const T>, MatrixView<T>);                                         \
  template void combine<T>(Isa, double, MatrixView<const T>, double, MatrixView<const T>, MatrixView<T>); \
  template double frobenius_norm<T>(Isa, MatrixView<const T>);
GRADUS_FOR(float)
GRADUS_FOR(double)
#undef GRADUS_FOR

}  // namespace gradus::engine
