#include <algorithm>

#include "gradus/engine/matrix.hpp"
#include "gradus/engine/sweep.hpp"
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

template void multiply<float>(Isa, MatrixView<const float>, MatrixView<const float>, MatrixView<float>,
                              float*);
template void multiply<double>(Isa, MatrixView<const double>, MatrixView<const double>, MatrixView<double>,
                               double*);

}  // namespace gradus::engine
