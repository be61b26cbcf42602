#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// Vyas et al., "SOAP: Improving and Stabilizing Shampoo using Adam", ICLR 2025,
/// Algorithm 3 (arXiv:2409.11321), as the authors' code has it: the first step only makes
/// the basis, eigenvectors are followed by a power iteration and QR. For parameters with
/// at least two dimensions, seen as a matrix: first dimension by all others. A side that
/// is longer than max_precond_dim when the parameter is added is not rotated.
struct SOAP {
  Hyper lr = 3e-3, beta1 = 0.95, beta2 = 0.95, shampoo_beta = -1.0, eps = 1e-8, weight_decay = 0.01,
        precondition_frequency = 10, max_precond_dim = 10000;

  static constexpr std::array fields{
      Field{"lr", &SOAP::lr, kNonNegative, "step size"},
      Field{"beta1", &SOAP::beta1, kDecayRate, "decay rate of the mean of g"},
      Field{"beta2", &SOAP::beta2, kDecayRate, "decay rate of the mean of g^2, in the basis"},
      Field{"shampoo_beta", &SOAP::shampoo_beta, Range{.low = -1, .high = 1, .with_high = false},
            "decay rate of the means of g g' and g' g; below 0: beta2"},
      Field{"eps", &SOAP::eps, kNonNegative, "added to the root"},
      Field{"weight_decay", &SOAP::weight_decay, kNonNegative, "x shrinks by lr * weight_decay a step"},
      Field{"precondition_frequency", &SOAP::precondition_frequency,
            Range{.low = 1, .high = 1e9, .integer = true}, "steps from one basis to the next"},
      Field{"max_precond_dim", &SOAP::max_precond_dim, Range{.low = 0, .high = 1e9, .integer = true},
            "longest side that is rotated"}};
  static constexpr auto slots = kNoSlots;
  static constexpr std::array scalars{Scalar{"beta1_product", 1}, Scalar{"beta2_product", 1}};

  /// Rows of Q are the eigenvectors of GG; exp_avg and exp_avg_sq are in their basis.
  static constexpr std::array matrices{MatrixSlot{"exp_avg"}, MatrixSlot{"exp_avg_sq"},
                                       MatrixSlot{"GG_left"}, MatrixSlot{"GG_right"},
                                       MatrixSlot{"Q_left"},  MatrixSlot{"Q_right"}};
  [[nodiscard]] std::array<MatrixShape, 6> matrix_shapes(std::int64_t rows, std::int64_t columns) const {
    const MatrixShape x{rows, columns};
    const std::int64_t left = kept_side(rows), right = kept_side(columns);
    return {x, x, {left, left}, {right, right}, {left, left}, {right, right}};
  }
  [[nodiscard]] std::int64_t kept_side(std::int64_t side) const {
    return static_cast<double>(side) <= max_precond_dim ? side : 0;
  }

  struct Step {
    Ema mean, square;
    Coef unbias, eps, weight_decay, shrink;
    double shampoo_beta;
    bool first, refresh;
  };
  Step at(Now& now) const {
    const bool first = now.t == 1;
    if (!first) {
      now.scalars[0] *= beta1;
      now.scalars[1] *= beta2;
    }
    return {.mean = Ema(beta1),
            .square = Ema(beta2),
            .unbias = first ? 0 : sqrt(Real<double>{1 - now.scalars[1]}).value / (1 - now.scalars[0]),
            .eps = eps,
            .weight_decay = first ? 0 : static_cast<double>(weight_decay),
            .shrink = 1 - lr * weight_decay,
            .shampoo_beta = static_cast<double>(shampoo_beta < 0 ? beta2 : shampoo_beta),
            .first = first,
            .refresh = !first && (now.t - 1) % static_cast<std::int64_t>(precondition_frequency) == 0};
  }

  template <class V>
  static V before(const Step&, V g, V /*x*/) {
    return g;
  }
  /// x shrinks after it has moved, as in the authors' code.
  template <class V>
  static V after(const Step& c, V u, V x) {
    return c.shrink * u + c.weight_decay * x;
  }

  /// Elements of the matrices that transform() takes: three like x, two squares of a side, two rows of it.
  [[nodiscard]] std::size_t workspace(std::int64_t rows, std::int64_t columns) const {
    const std::int64_t side = longer(kept_side(rows), kept_side(columns));
    return static_cast<std::size_t>(3 * rows * columns + 2 * side * side + 2 * side);
  }
  static std::int64_t longer(std::int64_t a, std::int64_t b) { return a > b ? a : b; }

  template <class Algebra, class Matrix>
  struct Work;

  template <class Algebra, class Matrix>
  static void transform(const Step& c, Algebra& algebra, Matrix u, std::span<const Matrix> kept) {
    const Matrix m = kept[0], v = kept[1];
    Work<Algebra, Matrix> work(algebra, u, kept);
    algebra.copy(u, work.g);
    if (c.first) {
      algebra.scale(0, u);
    } else {
      work.rotate(u, u);
      algebra.each(
          [&](auto& n, auto& m_i, auto& v_i) {
            m_i = c.mean(m_i, n);
            v_i = c.square(v_i, n * n);
            n = c.unbias * m_i / (sqrt(v_i) + c.eps);
          },
          u, m, v);
      work.rotate_back(u, u);
    }
    if (c.refresh) work.rotate_back(m, m);
    work.observe(c.shampoo_beta);
    if (c.first) work.make_basis();
    if (c.refresh) {
      work.follow_basis(v);
      work.rotate(m, m);
    }
  }

  using precompiled = SOAP;
  static constexpr About about{
      .name = "soap",
      .title = "Adam in the eigenbasis of Shampoo, for matrices",
      .source =
          "Vyas et al., SOAP: Improving and Stabilizing Shampoo using Adam, ICLR 2025, Algorithm 3 "
          "(arXiv:2409.11321)",
      .formula =
          "h = QL g QR'\n"
          "m = beta1 * m + (1 - beta1) * h\n"
          "v = beta2 * v + (1 - beta2) * h^2\n"
          "x = (x - lr * sqrt(1 - beta2^k) / (1 - beta1^k) * QL' (m / (sqrt(v) + eps)) QR) * (1 - lr * "
          "weight_decay)\n"
          "L = beta * L + (1 - beta) * g g';  R = beta * R + (1 - beta) * g' g      (beta: shampoo_beta, or "
          "beta2)\n"
          "QL, QR: eigenvectors of L and R; each precondition_frequency steps QR of L QL', R QR'\n"
          "(the first step does the last two lines only, and k = t - 1)",
      .pytorch =
          "PyTorch has none; the authors' SOAP with its defaults is the same, in the dtype of the parameter"};
};

/// The rotations of SOAP, and the matrices that they take. A side without a basis stays as it is.
template <class Algebra, class Matrix>
struct SOAP::Work {
  Algebra& algebra;
  Matrix g, product, like_x;
  Matrix left, right, q_left, q_right;

  Work(Algebra& a, Matrix x, std::span<const Matrix> kept)
      : algebra(a),
        g(a.take(x.rows, x.columns)),
        product(a.take(x.rows, x.columns)),
        like_x(a.take(x.rows, x.columns)),
        left(kept[2]),
        right(kept[3]),
        q_left(kept[4]),
        q_right(kept[5]),
        side_(SOAP::longer(left.rows, right.rows)),
        room_{a.take(side_, side_), a.take(side_, side_)},
        keys_(a.take(1, side_)),
        ranks_(a.take(1, side_)) {}

  /// out = QL a QR'
  void rotate(Matrix a, Matrix out) { apply(q_left, a, transposed(q_right), out); }
  /// out = QL' a QR
  void rotate_back(Matrix a, Matrix out) { apply(transposed(q_left), a, q_right, out); }

  /// L and R take in g.
  void observe(double beta) {
    if (left.rows > 0) {
      algebra.multiply_symmetric(g, transposed(g), square(0, left.rows));
      algebra.combine(beta, left, 1 - beta, square(0, left.rows), left);
    }
    if (right.rows > 0) {
      algebra.multiply_symmetric(transposed(g), g, square(0, right.rows));
      algebra.combine(beta, right, 1 - beta, square(0, right.rows), right);
    }
  }

  void make_basis() {
    for (const auto& [gg, q] : {std::pair(left, q_left), std::pair(right, q_right)}) {
      if (gg.rows == 0) continue;
      algebra.copy(gg, square(0, gg.rows));
      algebra.eigenvectors(square(0, gg.rows), q, square(1, gg.rows));
    }
  }

  /// One power iteration and QR; v goes with the order of the eigenvectors.
  void follow_basis(Matrix v) {
    if (left.rows > 0) {
      const Matrix ranks = follow(left, q_left);
      algebra.copy(v, product);
      algebra.place_rows(product, ranks, v);
    }
    if (right.rows > 0) {
      const Matrix ranks = follow(right, q_right);
      const Matrix turned{v.columns, v.rows, product.data}, placed{v.columns, v.rows, like_x.data};
      algebra.transpose(v, turned);
      algebra.place_rows(turned, ranks, placed);
      algebra.transpose(placed, v);
    }
  }

 private:
  Matrix square(std::size_t number, std::int64_t n) { return {n, n, room_[number].data}; }

  /// out, which may be a, = l a r, with bases or transposed ones.
  void apply(auto l, Matrix a, auto r, Matrix out) {
    if (q_left.rows > 0)
      algebra.multiply(l, a, product);
    else
      algebra.copy(a, product);
    if (q_right.rows > 0)
      algebra.multiply(product, r, out);
    else
      algebra.copy(product, out);
  }

  /// The new q; and the places that its old rows went to, by their Rayleigh quotients.
  Matrix follow(Matrix gg, Matrix q) {
    const Matrix power = square(1, gg.rows);
    const Matrix keys{1, gg.rows, keys_.data}, ranks{1, gg.rows, ranks_.data};
    algebra.multiply(q, gg, power);
    algebra.row_products(q, power, keys);
    algebra.ranks(keys, ranks);
    algebra.place_rows(power, ranks, q);
    algebra.orthonormalize_rows(q, square(0, gg.rows));
    return ranks;
  }

  std::int64_t side_;
  std::array<Matrix, 2> room_;
  Matrix keys_, ranks_;
};

}  // namespace gradus
