#include "gradus/engine/matrix.hpp"

#include <algorithm>
#include <array>

#include "gradus/core/real.hpp"
#include "gradus/engine/tree_sum.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus::engine {

namespace {

constexpr std::int64_t kBlockRows = 4, kBlockColumns = 16;

template <class T>
struct VectorOf {
  using type [[gnu::vector_size(kBlockColumns * sizeof(T))]] = T;
};

/// kBlockRows rows of out by kBlockColumns columns; `panel` holds those columns of b, packed.
template <class T>
struct BlockBody {
  [[gnu::always_inline]] static inline void run(std::int64_t inner, const T* a, std::int64_t a_stride,
                                                const T* panel, T* out, std::int64_t out_stride,
                                                std::int64_t rows, std::int64_t columns) {
    using Vector = typename VectorOf<T>::type;
    Vector sum[kBlockRows] = {};
    const T* row[kBlockRows];
    for (std::int64_t r = 0; r < kBlockRows; ++r) row[r] = a + std::min(r, rows - 1) * a_stride;
    for (std::int64_t k = 0; k < inner; ++k) {
      Vector b;
      __builtin_memcpy(&b, panel + k * kBlockColumns, sizeof b);
      for (std::int64_t r = 0; r < kBlockRows; ++r) sum[r] += row[r][k] * b;
    }
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t j = 0; j < columns; ++j) out[r * out_stride + j] = sum[r][j];
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
    lane_sums<1>(
        n, sum, [&](std::size_t i) __attribute__((always_inline)) {
          return std::array{wide(Real<T>{a[i]}) * wide(Real<T>{a[i]})};
        });
  }
};

}  // namespace

std::size_t multiply_scratch(std::int64_t inner) { return static_cast<std::size_t>(inner * kBlockColumns); }

template <class T>
void multiply(Isa isa, MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> out, T* panel) {
  const auto block = Versions<BlockBody<T>>::template pick<void (*)(
      std::int64_t, const T*, std::int64_t, const T*, T*, std::int64_t, std::int64_t, std::int64_t)>(isa);
  for (std::int64_t j = 0; j < b.columns; j += kBlockColumns) {
    const std::int64_t columns = std::min(kBlockColumns, b.columns - j);
    for (std::int64_t k = 0; k < b.rows; ++k)
      for (std::int64_t l = 0; l < kBlockColumns; ++l)
        panel[k * kBlockColumns + l] = l < columns ? b.data[k * b.columns + j + l] : T{0};
    for (std::int64_t i = 0; i < a.rows; i += kBlockRows)
      block(a.columns, a.data + i * a.columns, a.columns, panel, out.data + i * out.columns + j, out.columns,
            std::min(kBlockRows, a.rows - i), columns);
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
  return sqrt(Real<double>{sum}).value;
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
