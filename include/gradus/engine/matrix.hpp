#pragma once

// Linear algebra for matrix rules, with the same bits on every instruction set and any number of threads: each
// element of a product begins at 0 and takes in its products by fused multiply-adds, which round once, in the
// order of k. (A BLAS or Eigen chooses its blocking, and so the order, by the CPU it finds.)

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <tuple>
#include <type_traits>

#include "gradus/core/real.hpp"
#include "gradus/engine/crew.hpp"
#include "gradus/engine/isa.hpp"
#include "gradus/engine/program.hpp"

namespace gradus::engine {

/// A row-major matrix, not owned.
template <class T>
struct MatrixView {
  std::int64_t rows, columns;
  T* data;

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(rows * columns); }
};

/// A factor of a product: a matrix, or its transpose.
template <class T>
struct Factor {
  MatrixView<const T> matrix;
  bool transposed = false;

  // NOLINTNEXTLINE(google-explicit-constructor): a matrix is a factor
  Factor(MatrixView<T> m) : matrix{m.rows, m.columns, m.data} {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Factor(MatrixView<const T> m, bool is_transposed = false) : matrix(m), transposed(is_transposed) {}
};

/// m' as a factor; nothing is moved.
template <class T>
Factor<T> transposed(MatrixView<T> m) {
  return {MatrixView<const T>{m.rows, m.columns, m.data}, true};
}

/// What the numbers of factors are rounded to (nearest, ties to even) before they are multiplied. Sums are in T,
/// with the same bits everywhere too. As bfloat16, what is smaller than 2^-55 is 0.
enum class Factors { as_they_are, bfloat16 };

/// out = a * b. All scratch is used, the more the better up to multiply_scratch(); out is neither factor.
template <class T>
void multiply(Isa isa, Crew& crew, Factor<T> a, Factor<T> b, MatrixView<T> out, std::span<T> scratch,
              Factors factors = Factors::as_they_are);
/// The same where a * b is known to be symmetric, to the last bit (x x', or s s of a symmetric s), at about half
/// the work.
template <class T>
void multiply_symmetric(Isa isa, Crew& crew, Factor<T> a, Factor<T> b, MatrixView<T> out,
                        std::span<T> scratch, Factors factors = Factors::as_they_are);
/// Elements of scratch for products of matrices no side of which is longer than these two.
std::size_t multiply_scratch(std::int64_t rows, std::int64_t columns);

template <class T>
void transpose(MatrixView<const T> a, MatrixView<T> out);

/// out = alpha * a + beta * b, element by element.
template <class T>
void combine(Isa isa, Crew& crew, double alpha, MatrixView<const T> a, double beta, MatrixView<const T> b,
             MatrixView<T> out);

/// The Frobenius norm, accumulated in double.
template <class T>
double frobenius_norm(Isa isa, MatrixView<const T> a);

template <class T>
void row_products(Isa isa, MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> out);
template <class T>
void ranks(MatrixView<const T> keys, MatrixView<T> out);
template <class T>
void place_rows(MatrixView<const T> a, MatrixView<const T> ranks, MatrixView<T> out);

/// a becomes a matrix with orthonormal rows: those of Q' where a' = QR, by Householder's reflections in their
/// order; a is square. What is linearly dependent gets some row that is orthogonal to the others.
template <class T>
void orthonormalize_rows(Isa isa, MatrixView<T> a, MatrixView<T> scratch);

/// The eigenvectors of a symmetric matrix without negative eigenvalues, as rows, that of the largest first.
/// Jacobi's rotations of its rows, in a fixed order, until they are orthogonal (Hestenes 1958). Overwrites a.
template <class T>
void eigenvectors(Isa isa, MatrixView<T> a, MatrixView<T> vectors, MatrixView<T> scratch);

/// What a matrix rule computes with: matrices from a workspace, and operations on them.
template <class T>
class Algebra {
 public:
  using Matrix = MatrixView<T>;

  Algebra(Isa isa, Crew& crew, std::span<T> workspace) : isa_(isa), crew_(crew), free_(workspace) {}

  /// An uninitialised matrix from the workspace, of which the rule has declared enough.
  Matrix take(std::int64_t rows, std::int64_t columns) {
    const Matrix m{rows, columns, free_.data()};
    assert(m.size() <= free_.size());
    free_ = free_.subspan(m.size());
    return m;
  }

  /// The same, but its products are of factors that are rounded to bfloat16.
  [[nodiscard]] Algebra in_bfloat16() const {
    Algebra rounding(*this);
    rounding.factors_ = Factors::bfloat16;
    return rounding;
  }

  /// out = a * b. A factor may be transposed(m).
  void multiply(Factor<T> a, Factor<T> b, Matrix out) {
    engine::multiply<T>(isa_, crew_, a, b, out, free_, factors_);
  }
  /// The same where a * b is known to be symmetric.
  void multiply_symmetric(Factor<T> a, Factor<T> b, Matrix out) {
    engine::multiply_symmetric<T>(isa_, crew_, a, b, out, free_, factors_);
  }
  void transpose(Matrix a, Matrix out) { engine::transpose<T>(view(a), out); }
  void combine(double alpha, Matrix a, double beta, Matrix b, Matrix out) {
    engine::combine<T>(isa_, crew_, alpha, view(a), beta, view(b), out);
  }
  void add_to_diagonal(double alpha, Matrix a) {
    for (std::int64_t i = 0; i < a.rows; ++i) a.data[i * a.columns + i] += Coef(alpha).as<T>().value;
  }
  void scale(double alpha, Matrix a) { combine(alpha, a, 0, a, a); }
  double norm(Matrix a) { return frobenius_norm<T>(isa_, view(a)); }
  void copy(Matrix a, Matrix out) { std::copy_n(a.data, a.size(), out.data); }
  void orthonormalize_rows(Matrix a, Matrix scratch) { engine::orthonormalize_rows<T>(isa_, a, scratch); }
  void eigenvectors(Matrix a, Matrix vectors, Matrix scratch) {
    engine::eigenvectors<T>(isa_, a, vectors, scratch);
  }

  /// Calls f with the elements of these matrices at each place, as Real<T>, and keeps what f makes of them.
  template <class F, class... Matrices>
  void each(F f, Matrices... matrices) {
    const std::size_t n = std::get<0>(std::tie(matrices...)).size();
    for (std::size_t i = 0; i < n; ++i)
      [&](auto... element) {
        f(element...);
        ((matrices.data[i] = element.value), ...);
      }(Real<T>{matrices.data[i]}...);
  }

  /// out[i] = the product of the rows i of a and b; out has one row.
  void row_products(Matrix a, Matrix b, Matrix out) { engine::row_products<T>(isa_, view(a), view(b), out); }
  /// The place of each key, a row of them, among all: that of the largest is 0.
  void ranks(Matrix keys, Matrix out) { engine::ranks<T>(view(keys), out); }
  /// Row i of a becomes row ranks[i] of out.
  void place_rows(Matrix a, Matrix ranks, Matrix out) { engine::place_rows<T>(view(a), view(ranks), out); }

 private:
  static MatrixView<const T> view(Matrix m) { return {m.rows, m.columns, m.data}; }

  Isa isa_;
  Crew& crew_;
  std::span<T> free_;
  Factors factors_ = Factors::as_they_are;
};

/// Elements of scratch for a matrix rule on a tensor: its own matrices, and what a product takes beside them.
template <class R>
std::size_t workspace_of(const R& rule, std::int64_t rows, std::int64_t columns) {
  return rule.workspace(rows, columns) + multiply_scratch(rows, columns);
}

/// The work of a matrix rule between its two sweeps, on the direction and on the matrices that it keeps.
template <class R, class T>
void transform(const void* coefficients, Isa isa, Crew& crew, MatrixShape shape, void* u,
               std::span<const KeptMatrix> kept, void* workspace, std::size_t elements) {
  typename R::Step c;
  if constexpr (!std::is_empty_v<typename R::Step>) std::memcpy(&c, coefficients, sizeof c);
  std::array<MatrixView<T>, matrices_of<R>().size()> matrices;
  for (std::size_t i = 0; i < matrices.size(); ++i)
    matrices[i] = {kept[i].shape.rows, kept[i].shape.columns, static_cast<T*>(kept[i].data)};
  Algebra<T> algebra(isa, crew, {static_cast<T*>(workspace), elements});
  R::transform(c, algebra, MatrixView<T>{shape.rows, shape.columns, static_cast<T*>(u)},
               std::span<const MatrixView<T>>(matrices));
}

}  // namespace gradus::engine
