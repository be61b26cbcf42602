#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "gradus/core/real.hpp"
#include "gradus/engine/matrix.hpp"
#include "gradus/engine/sweep.hpp"
#include "gradus/engine/tree_sum.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus::engine {

namespace {

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
void combine(Isa isa, Crew& crew, double alpha, MatrixView<const T> a, double beta, MatrixView<const T> b,
             MatrixView<T> out) {
  const auto combine_some =
      Versions<CombineBody<T>>::template pick<void (*)(std::size_t, double, const T*, double, const T*, T*)>(
          isa);
  constexpr std::size_t kPiece = 4 * kChunk;
  const std::size_t n = a.size();
  crew.run((n + kPiece - 1) / kPiece, n, [&](std::size_t task) {
    const std::size_t at = task * kPiece;
    combine_some(std::min(kPiece, n - at), alpha, a.data + at, beta, b.data + at, out.data + at);
  });
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

#define GRADUS_FOR(T)                                                                            \
  template void transpose<T>(MatrixView<const T>, MatrixView<T>);                                \
  template void combine<T>(Isa, Crew&, double, MatrixView<const T>, double, MatrixView<const T>, \
                           MatrixView<T>);                                                       \
  template double frobenius_norm<T>(Isa, MatrixView<const T>);
GRADUS_FOR(float)
GRADUS_FOR(double)
#undef GRADUS_FOR

}  // namespace gradus::engine
