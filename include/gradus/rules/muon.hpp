#pragma once

#include "gradus/core/chain.hpp"
#include "gradus/rules/sgd.hpp"
#include "gradus/rules/weight_decay.hpp"

namespace gradus {

/// Momentum as an average, looked ahead by Nesterov's rule: b <- lerp(b, g, 1 - momentum); u = lerp(g, b,
/// momentum).
struct NesterovAverage {
  Hyper momentum = 0.95;

  static constexpr std::array fields{
      Field{"momentum", &NesterovAverage::momentum, kDecayRate, "decay rate of the mean of g"}};
  static constexpr std::array slots{Slot{"momentum_buffer"}};

  struct Step {
    Ema mean;
  };
  Step at(Now&) const { return {Ema(momentum)}; }

  template <class V>
  static V update(const Step& c, V g, V /*x*/, V& b) {
    b = c.mean(b, g);
    return c.mean(b, g);
  }
};

/// The matrix link: replaces u, as a matrix, by nearly its nearest matrix with orthonormal rows or columns,
/// times sqrt(max(1, rows / columns)). Newton-Schulz iteration: Jordan et al., "Muon: An optimizer for hidden
/// layers in neural networks", 2024; in the dtype of the parameter, where the authors' code and PyTorch's run
/// in bfloat16.
struct Orthogonalize {
  Hyper ns_steps = 5, eps = 1e-7;

  static constexpr std::array fields{
      Field{"ns_steps", &Orthogonalize::ns_steps, Range{.low = 1, .high = 99, .integer = true},
            "Newton-Schulz iterations"},
      Field{"eps", &Orthogonalize::eps, kPositive, "least norm to divide by"}};
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

  /// Elements of the matrices that transform() takes: x, transposed and product, gram and polynomial.
  static std::size_t workspace(std::int64_t rows, std::int64_t columns) {
    const std::int64_t shorter = rows < columns ? rows : columns, longer = rows < columns ? columns : rows;
    return static_cast<std::size_t>(3 * shorter * longer + 2 * shorter * shorter);
  }

  template <class Algebra, class Matrix>
  static void transform(const Step& c, Algebra& algebra, Matrix u) {
    const bool tall = u.rows > u.columns;
    const auto shorter = tall ? u.columns : u.rows, longer = tall ? u.rows : u.columns;
    Matrix x = tall ? algebra.take(shorter, longer) : u;
    if (tall) algebra.transpose(u, x);

    const double norm = algebra.norm(x);
    algebra.scale(1 / (norm > c.eps ? norm : c.eps), x);
    Matrix transposed = algebra.take(longer, shorter), product = algebra.take(shorter, longer);
    Matrix gram = algebra.take(shorter, shorter), polynomial = algebra.take(shorter, shorter);
    for (int i = 0; i < c.iterations; ++i) {  // X <- a X + (b A + c A A) X,  A = X X'
      algebra.transpose(x, transposed);
      algebra.multiply(x, transposed, gram);
      algebra.multiply(gram, gram, polynomial);
      algebra.combine(-4.7750, gram, 2.0315, polynomial, polynomial);
      algebra.multiply(polynomial, x, product);
      algebra.combine(3.4445, x, 1, product, x);
    }
    algebra.scale(c.scale, x);
    if (tall) algebra.transpose(x, u);
  }
};

/// Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024. For parameters with at
/// least two dimensions, seen as a matrix: first dimension by all others. Give biases and gains to another
/// group.
struct Muon {
  Hyper lr = 1e-3, weight_decay = 0.1, momentum = 0.95, eps = 1e-7, ns_steps = 5;

  static constexpr std::array fields{
      Field{"lr", &Muon::lr, kNonNegative, "step size"},
      Field{"weight_decay", &Muon::weight_decay, kNonNegative, "x shrinks by lr * weight_decay a step"},
      Field{"momentum", &Muon::momentum, kDecayRate, "decay rate of the mean of g"},
      Field{"eps", &Muon::eps, kPositive, "least norm to divide by"},
      Field{"ns_steps", &Muon::ns_steps, Range{.low = 1, .high = 99, .integer = true},
            "Newton-Schulz iterations"}};

  [[nodiscard]] auto chain() const {
    return SGD{lr} >> NesterovAverage{momentum} >> Orthogonalize{ns_steps, eps} >> WeightDecay{weight_decay};
  }

  using precompiled = void;
  static constexpr About about{
      .name = "muon",
      .title = "momentum made orthogonal, for matrices",
      .source = "Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024",
      .formula =
          "b = momentum * b + (1 - momentum) * g\n"
          "u = momentum * b + (1 - momentum) * g\n"
          "X = u / max(|u|, eps); ns_steps times: A = X X', X = 3.4445 X + (-4.7750 A + 2.0315 A A) X\n"
          "x = x - lr * (sqrt(max(1, rows / columns)) * X + weight_decay * x)",
      .pytorch = "torch.optim.Muon: the same, but it iterates in bfloat16 and takes only 2-D parameters"};
};

}  // namespace gradus
