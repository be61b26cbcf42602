#pragma once

#include <utility>

#include "gradus/core/rule.hpp"

namespace gradus {

/// The matrix link: replaces u, as a matrix, by nearly its nearest matrix with orthonormal
/// rows or columns, times sqrt(max(1, rows / columns)). Newton-Schulz iteration: Jordan et
/// al., "Muon: An optimizer for hidden layers in neural networks", 2024; in the dtype of
/// the parameter, where the authors' code and PyTorch's run in bfloat16.
struct Orthogonalize {
  /// Its inverse is a float32 number.
  static constexpr Range kLeastNorm{.low = 1e-37, .high = kLargest};
  Hyper ns_steps = 5, eps = 1e-7;

  static constexpr std::array fields{
      Field{"ns_steps", &Orthogonalize::ns_steps, Range{.low = 1, .high = 99, .integer = true},
            "Newton-Schulz iterations"},
      Field{"eps", &Orthogonalize::eps, kLeastNorm, "least norm to divide by"}};
  static constexpr auto slots = kNoSlots;

  struct Step {
    int iterations;
    double eps, scale;
  };
  Step at(Now& now) const {
    const double tall = static_cast<double>(now.rows) / static_cast<double>(now.columns);
    return {static_cast<int>(ns_steps), eps, tall > 1 ? sqrt(Real<double>{tall}).value : 1};
  }

  template <class V>
  static V before(const Step&, V g, V /*x*/) {
    return g;
  }
  template <class V>
  static V after(const Step&, V u, V /*x*/) {
    return u;
  }

  /// Elements of the matrices that transform() takes: x and the next x, gram and polynomial.
  static std::size_t workspace(std::int64_t rows, std::int64_t columns) {
    const std::int64_t shorter = rows < columns ? rows : columns, longer = rows < columns ? columns : rows;
    return static_cast<std::size_t>(2 * shorter * longer + 2 * shorter * shorter);
  }

  template <class Algebra, class Matrix>
  static void transform(const Step& c, Algebra& algebra, Matrix u, std::span<const Matrix> /*kept*/) {
    const bool tall = u.rows > u.columns;
    const auto shorter = tall ? u.columns : u.rows, longer = tall ? u.rows : u.columns;
    Matrix x = tall ? algebra.take(shorter, longer) : u, next = algebra.take(shorter, longer);
    if (tall) algebra.transpose(u, x);

    const double norm = algebra.norm(x);
    algebra.scale(1 / (norm > c.eps ? norm : c.eps), x);
    Matrix gram = algebra.take(shorter, shorter), polynomial = algebra.take(shorter, shorter);
    for (int i = 0; i < c.iterations; ++i) {  // X <- (a + b A + c A A) X,  A = X X'
      algebra.multiply_symmetric(x, transposed(x), gram);
      algebra.multiply_symmetric(gram, gram, polynomial);
      algebra.combine(-4.7750, gram, 2.0315, polynomial, polynomial);
      algebra.add_to_diagonal(3.4445, polynomial);
      algebra.multiply(polynomial, x, next);
      std::swap(x, next);
    }
    if (tall) {
      algebra.scale(c.scale, x);
      algebra.transpose(x, u);
    } else if (x.data != u.data) {
      algebra.copy(x, u);
    }
  }

  using precompiled = Orthogonalize;
  static constexpr About about{.name = "orthogonalize"};
};

}  // namespace gradus
