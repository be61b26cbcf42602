// Orthogonal matrices, by elementary steps in a fixed order: LAPACK and Eigen choose the order of theirs by
// the sizes of a CPU's caches and vectors, and with it the bits. All work is on rows, which lie together.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "gradus/core/real.hpp"
#include "gradus/engine/matrix.hpp"
#include "gradus/engine/sweep.hpp"
#include "gradus/engine/tree_sum.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus::engine {

namespace {

template <class T>
struct DotBody {
  [[gnu::always_inline]] static inline double run(std::size_t n, const T* a, const T* b) {
    double sum = 0;
    position_sums<1>(
        n, &sum, [&](std::size_t i) __attribute__((always_inline)) {
          return std::array{wide(Real<T>{a[i]}) * wide(Real<T>{b[i]})};
        });
    return sum;
  }
};

/// a . b, and b . b
template <class T>
struct DotsBody {
  [[gnu::always_inline]] static inline void run(std::size_t n, const T* a, const T* b, double* dots) {
    position_sums<2>(
        n, dots, [&](std::size_t i) __attribute__((always_inline)) {
          const Real<double> x = wide(Real<T>{a[i]}), y = wide(Real<T>{b[i]});
          return std::array{x * y, y * y};
        });
  }
};

/// y <- y + factor * x
template <class T>
struct AddBody {
  [[gnu::always_inline]] static inline void run(std::size_t n, double factor, const T* __restrict x,
                                                T* __restrict y) {
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) y[i] = (Real<T>{y[i]} + Coef(factor) * Real<T>{x[i]}).value;
  }
};

/// (a, b) <- (c a - s b, s a + c b)
template <class T>
struct RotateBody {
  [[gnu::always_inline]] static inline void run(std::size_t n, double c, double s, T* __restrict a,
                                                T* __restrict b) {
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) {
      const Real<T> x{a[i]}, y{b[i]};
      a[i] = (Coef(c) * x - Coef(s) * y).value;
      b[i] = (Coef(s) * x + Coef(c) * y).value;
    }
  }
};

double root(double x) { return sqrt(Real<double>{x}).value; }

template <class T>
struct RowKernels {
  double (*dot)(std::size_t, const T*, const T*);
  void (*dots)(std::size_t, const T*, const T*, double*);
  void (*add)(std::size_t, double, const T*, T*);
  void (*rotate)(std::size_t, double, double, T*, T*);

  explicit RowKernels(Isa isa)
      : dot(Versions<DotBody<T>>::template pick<decltype(dot)>(isa)),
        dots(Versions<DotsBody<T>>::template pick<decltype(dots)>(isa)),
        add(Versions<AddBody<T>>::template pick<decltype(add)>(isa)),
        rotate(Versions<RotateBody<T>>::template pick<decltype(rotate)>(isa)) {}
};

template <class T>
void make_identity(MatrixView<T> a) {
  std::fill_n(a.data, a.size(), T{0});
  for (std::int64_t i = 0; i < a.rows; ++i) a.data[i * a.columns + i] = 1;
}

/// The tangent of the angle by which two rows are to be turned in
/// their plane so that they are orthogonal, from their products.
double tangent_of(double pp, double qq, double pq) {
  const double zeta = (qq - pp) / (2 * pq), size = zeta < 0 ? -zeta : zeta;
  return (zeta < 0 ? -1 : 1) / (size + root(1 + zeta * zeta));
}

/// Turns row p and each that follows it in their plane so that they are orthogonal. False if they are already. Rows
/// whose squares are below `zero` are nothing but what rounding left.
template <class T>
bool turn_row(const RowKernels<T>& rows, MatrixView<T> a, MatrixView<T> vectors, std::int64_t p,
              double zero) {
  constexpr double kNear = 4 * static_cast<double>(std::numeric_limits<T>::epsilon());
  const auto n = static_cast<std::size_t>(a.columns);
  T* const a_p = a.data + p * a.columns;
  double pp = rows.dot(n, a_p, a_p);
  bool turned = false;
  for (std::int64_t q = p + 1; q < a.rows; ++q) {
    T* const a_q = a.data + q * a.columns;
    double dots[2];
    rows.dots(n, a_p, a_q, dots);
    const double pq = dots[0], qq = dots[1], longest = std::max(pp, qq);
    if (longest <= zero || !((pq < 0 ? -pq : pq) > kNear * longest))
      continue;  // what is left of the angle is as small
    const double tangent = tangent_of(pp, qq, pq);
    const double cosine = 1 / root(1 + tangent * tangent), sine = cosine * tangent;
    rows.rotate(n, cosine, sine, a_p, a_q);
    rows.rotate(n, cosine, sine, vectors.data + p * a.columns, vectors.data + q * a.columns);
    pp -= tangent * pq;
    turned = true;
  }
  return turned;
}

/// The square of the longest row that may be nothing but rounding.
template <class T>
double square_of_rounding(const RowKernels<T>& rows, MatrixView<T> a) {
  double most = 0;
  for (std::int64_t i = 0; i < a.rows; ++i) {
    const T* const row = a.data + i * a.columns;
    most = std::max(most, rows.dot(static_cast<std::size_t>(a.columns), row, row));
  }
  const double share = 4 * static_cast<double>(std::numeric_limits<T>::epsilon());
  return share * share * most;
}

/// Reflects `count` rows of n elements, which begin `stride` after one another, at the plane that is orthogonal to v.
template <class T>
void reflect(const RowKernels<T>& rows, std::size_t n, const T* v, T* first, std::size_t count,
             std::size_t stride) {
  const double square = rows.dot(n, v, v);
  if (square == 0) return;
  for (std::size_t k = 0; k < count; ++k)
    rows.add(n, -2 * rows.dot(n, v, first + k * stride) / square, v, first + k * stride);
}

/// Scales by a power of two, which is exact, so that the largest lies in [1/2, 1): squares are then in range.
template <class T>
void scale_to_one(std::size_t n, T* a) {
  T largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(a[i]));
  if (largest == 0 || !std::isfinite(largest)) return;
  int exponent = 0;
  static_cast<void>(std::frexp(largest, &exponent));
  for (std::size_t i = 0; i < n; ++i) a[i] = std::ldexp(a[i], -exponent);
}

template <class T>
MatrixView<const T> view(MatrixView<T> a) {
  return {a.rows, a.columns, a.data};
}

}  // namespace

template <class T>
void row_products(Isa isa, MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> out) {
  const RowKernels<T> rows(isa);
  for (std::int64_t i = 0; i < a.rows; ++i)
    out.data[i] = static_cast<T>(
        rows.dot(static_cast<std::size_t>(a.columns), a.data + i * a.columns, b.data + i * b.columns));
}

template <class T>
void ranks(MatrixView<const T> keys, MatrixView<T> out) {
  const auto ahead = [](T a, T b) { return a > b || (std::isnan(b) && !std::isnan(a)); };
  for (std::int64_t i = 0; i < keys.columns; ++i) {
    std::int64_t place = 0;
    for (std::int64_t j = 0; j < keys.columns; ++j)
      if (ahead(keys.data[j], keys.data[i]) || (j < i && !ahead(keys.data[i], keys.data[j]))) ++place;
    out.data[i] = static_cast<T>(place);
  }
}

template <class T>
void place_rows(MatrixView<const T> a, MatrixView<const T> ranks, MatrixView<T> out) {
  for (std::int64_t i = 0; i < a.rows; ++i)
    std::copy_n(a.data + i * a.columns, a.columns,
                out.data + static_cast<std::int64_t>(ranks.data[i]) * a.columns);
}

template <class T>
void eigenvectors(Isa isa, MatrixView<T> a, MatrixView<T> vectors, MatrixView<T> scratch) {
  constexpr int kMostSweeps = 40;  // some ten are enough
  const RowKernels<T> rows(isa);
  make_identity(vectors);
  scale_to_one(a.size(), a.data);
  bool turned = true;
  for (int sweep = 0; turned && sweep < kMostSweeps; ++sweep) {
    turned = false;
    const double zero = square_of_rounding(rows, a);
    for (std::int64_t p = 0; p < a.rows; ++p) turned = turn_row(rows, a, vectors, p, zero) || turned;
  }
  // The rows of a are now the eigenvectors times their eigenvalues.
  const MatrixView<T> keys{1, a.rows, scratch.data};
  row_products(isa, view(a), view(a), keys);
  const MatrixView<T> places{1, a.rows, a.data};
  ranks(view(keys), places);
  std::copy_n(vectors.data, vectors.size(), scratch.data);
  place_rows(view(scratch), view(places), vectors);
}

template <class T>
void orthonormalize_rows(Isa isa, MatrixView<T> a, MatrixView<T> scratch) {
  const RowKernels<T> rows(isa);
  const auto n = static_cast<std::size_t>(a.columns);
  // A row may be scaled: its direction counts.
  for (std::size_t j = 0; j < n; ++j) scale_to_one(n, a.data + j * n);
  // Reflection j takes what is left of row j to a multiple
  // of the axis j; its direction takes the row's place.
  for (std::size_t j = 0; j < n; ++j) {
    T* const v = a.data + j * n + j;
    scale_to_one(n - j, v);
    const double length = root(rows.dot(n - j, v, v));
    *v = static_cast<T>(static_cast<double>(*v) + (*v < 0 ? -length : length));
    reflect(rows, n - j, v, a.data + (j + 1) * n + j, n - j - 1, n);
  }
  // Q' = H(0) ... H(n - 1), row by row of the identity.
  make_identity(scratch);
  for (std::size_t j = n; j-- > 0;) {
    const T* const v = a.data + j * n + j;
    reflect(rows, n - j, v, scratch.data + j * n + j, n - j, n);
  }
  std::copy_n(scratch.data, scratch.size(), a.data);
}

#define GRADUS_FOR(T)                                                                          \
  template void row_products<T>(Isa, MatrixView<const T>, MatrixView<const T>, MatrixView<T>); \
  template void ranks<T>(MatrixView<const T>, MatrixView<T>);                                  \
  template void place_rows<T>(MatrixView<const T>, MatrixView<const T>, MatrixView<T>);        \
  template void eigenvectors<T>(Isa, MatrixView<T>, MatrixView<T>, MatrixView<T>);             \
  template void orthonormalize_rows<T>(Isa, MatrixView<T>, MatrixView<T>);
GRADUS_FOR(float)
GRADUS_FOR(double)
#undef GRADUS_FOR

}  // namespace gradus::engine
