#pragma once

// Linear algebra for matrix rules, with the same bits on every instruction set: each element of a product is
// a sum in the order of k. (A BLAS or Eigen chooses its blocking, and so the order, by the CPU it finds.) One
// thread a matrix.

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "gradus/engine/isa.hpp"

namespace gradus::engine {

/// A row-major matrix, not owned.
template <class T>
struct MatrixView {
  std::int64_t rows, columns;
  T* data;

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(rows * columns); }
};

/// out = a * b. `panel` is scratch of multiply_scratch(a.columns) elements.
template <class T>
void multiply(Isa isa, MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> out, T* panel);
std::size_t multiply_scratch(std::int64_t inner);

template <class T>
void transpose(MatrixView<const T> a, MatrixView<T> out);

/// out = alpha * a + beta * b, element by element.
template <class T>
void combine(Isa isa, double alpha, MatrixView<const T> a, double beta, MatrixView<const T> b,
             MatrixView<T> out);

/// The Frobenius norm, accumulated in double.
template <class T>
double frobenius_norm(Isa isa, MatrixView<const T> a);

/// What a matrix rule computes with: matrices from a workspace, and operations on them.
template <class T>
class Algebra {
 public:
  using Matrix = MatrixView<T>;

  Algebra(Isa isa, std::span<T> workspace) : isa_(isa), free_(workspace) {}

  /// An uninitialised matrix from the workspace, of which the rule has declared enough.
  Matrix take(std::int64_t rows, std::int64_t columns) {
    const Matrix m{rows, columns, free_.data()};
    assert(m.size() + multiply_scratch(std::max(rows, columns)) <= free_.size());
    free_ = free_.subspan(m.size());
    return m;
  }

  void multiply(Matrix a, Matrix b, Matrix out) {
    engine::multiply<T>(isa_, view(a), view(b), out, free_.data());
  }
  void transpose(Matrix a, Matrix out) { engine::transpose<T>(view(a), out); }
  void combine(double alpha, Matrix a, double beta, Matrix b, Matrix out) {
    engine::combine<T>(isa_, alpha, view(a), beta, view(b), out);
  }
  void scale(double alpha, Matrix a) { combine(alpha, a, 0, a, a); }
  double norm(Matrix a) { return frobenius_norm<T>(isa_, view(a)); }

 private:
  static MatrixView<const T> view(Matrix m) { return {m.rows, m.columns, m.data}; }

  Isa isa_;
  std::span<T> free_;
};

/// Elements of scratch for a matrix rule on a tensor: its own matrices, and what a product takes beside them.
template <class R>
std::size_t workspace_of(std::int64_t rows, std::int64_t columns) {
  return R::workspace(rows, columns) + multiply_scratch(std::max(rows, columns));
}

/// The loop of a matrix rule between its two sweeps.
template <class R, class T>
void transform(const void* coefficients, Isa isa, std::int64_t rows, std::int64_t columns, void* u,
               void* workspace) {
  typename R::Step c;
  if constexpr (!std::is_empty_v<typename R::Step>) std::memcpy(&c, coefficients, sizeof c);
  Algebra<T> algebra(isa, {static_cast<T*>(workspace), workspace_of<R>(rows, columns)});
  R::transform(c, algebra, MatrixView<T>{rows, columns, static_cast<T*>(u)});
}

}  // namespace gradus::engine
