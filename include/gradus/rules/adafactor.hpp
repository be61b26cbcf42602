#pragma once

#include "gradus/core/power.hpp"
#include "gradus/core/rule.hpp"

namespace gradus {

/// Shazeer & Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost", ICML 2018, Algorithms 4
/// and 5 (arXiv:1804.04235), with the relative step of its section 8, as PyTorch has it. A parameter is a
/// matrix: first dimension by all others. (PyTorch takes the last two dimensions, and a matrix for each index
/// of the others.)
struct Adafactor {
  /// Whose square is a normal float32.
  static constexpr Range kSquared{.low = 1.1e-19, .high = 1.8e19};
  Hyper lr = 1e-2, beta2_decay = -0.8, eps1 = 0x1p-23, eps2 = 1e-3, d = 1.0, weight_decay = 0.0;

  static constexpr std::array fields{
      Field{"lr", &Adafactor::lr, kNonNegative, "largest relative step (rho is min(lr, 1/sqrt(t)))"},
      Field{"beta2_decay", &Adafactor::beta2_decay, Range{.low = -kLargest, .high = 0},
            "1 - beta2 is t^beta2_decay"},
      Field{"eps1", &Adafactor::eps1, kSquared, "least mean of R, and squared the least V"},
      Field{"eps2", &Adafactor::eps2, kNonNegative, "least root mean square of x that a step is relative to"},
      Field{"d", &Adafactor::d, kPositive, "largest root mean square of a direction"},
      Field{"weight_decay", &Adafactor::weight_decay, kNonNegative, "x shrinks by lr * weight_decay a step"}};
  static constexpr std::array slots{Slot{"row_var", Values::non_negative, Over::row},
                                    Slot{"col_var", Values::non_negative, Over::column}};

  struct Step {
    double w, relative_step, eps1, eps2, d;
    Coef inverse_mean, least, alpha, weight_decay;
  };
  Step at(Now& now) const {
    const auto t = static_cast<double>(now.t);
    const double relative_step = 1 / (lr * sqrt(Real<double>{t}).value);
    return {.w = power(t, beta2_decay),
            .relative_step = relative_step < 1 ? relative_step : 1,
            .eps1 = eps1,
            .eps2 = eps2,
            .d = d,
            .inverse_mean = {},
            .least = eps1 * eps1,
            .alpha = {},
            .weight_decay = weight_decay};
  }

  /// Means of squares, of which R and C are means.
  struct Squares {
    static constexpr std::array sums{Over::row, Over::column, Over::tensor};

    template <class V>
    static std::array<Real<double>, 3> measure(const Step&, V g, V x, V /*R*/, V /*C*/) {
      const Real<double> square = wide(g) * wide(g);
      return {square, square, wide(x) * wide(x)};
    }

    static void conclude(Step& c, const Findings& f) {
      const Numbers &R = f.slots[0], &C = f.slots[1];
      const auto rows = static_cast<double>(f.rows), columns = static_cast<double>(f.columns);
      double mean = 0;
      for (std::size_t i = 0; i < R.size(); ++i) {
        R.set(i, (1 - c.w) * R[i] + c.w * (f.sums[0][i] / columns));
        mean += R[i] / rows;
      }
      const bool vector = f.columns == 1;  // then V is R
      for (std::size_t j = 0; j < C.size(); ++j)
        C.set(j, vector ? 1 : (1 - c.w) * C[j] + c.w * (f.sums[1][j] / rows));
      c.inverse_mean = vector ? 1 : 1 / (mean > c.eps1 ? mean : c.eps1);

      const double size = sqrt(Real<double>{f[2] / (rows * columns)}).value;
      c.alpha = (size > c.eps2 ? size : c.eps2) * c.relative_step;
    }
  };

  /// How large the direction is.
  struct Direction {
    static constexpr std::array sums{Over::tensor};

    template <class V>
    static std::array<Real<double>, 1> measure(const Step& c, V g, V /*x*/, V R, V C) {
      const Real<double> u = wide(g / root(c, R, C));
      return {u * u};
    }

    static void conclude(Step& c, const Findings& f) {
      const double elements = static_cast<double>(f.rows) * static_cast<double>(f.columns);
      const double size = sqrt(Real<double>{f[0] / elements}).value / c.d;
      if (size > 1) c.alpha = c.alpha.value / size;
    }
  };
  using Looks = std::tuple<Squares, Direction>;

  template <class V>
  static V root(const Step& c, V R, V C) {
    return sqrt(max(c.least, c.inverse_mean * R * C));
  }
  template <class V>
  static V denominator(const Step& c, V R, V C) {
    return root(c, R, C) / c.alpha;
  }
  template <class V>
  static V update(const Step& c, V g, V x, V R, V C) {
    return c.alpha * (g / root(c, R, C)) + c.weight_decay * x;
  }

  using precompiled = Adafactor;
  static constexpr About about{
      .name = "adafactor",
      .title = "rates from the mean squares of rows and of columns: little state",
      .source =
          "Shazeer & Stern, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, ICML 2018, "
          "Algorithms 4 and 5 (arXiv:1804.04235)",
      .formula =
          "w = t^beta2_decay\n"
          "R = (1 - w) * R + w * mean of g^2 over the row\n"
          "C = (1 - w) * C + w * mean of g^2 over the column\n"
          "V = R * C / max(mean of R, eps1)      (of a vector: V = (1 - w) * V + w * g^2)\n"
          "u = g / sqrt(max(V, eps1^2))\n"
          "alpha = max(eps2, rms(x)) * min(lr, 1 / sqrt(t))\n"
          "x = x - alpha * u / max(1, rms(u) / d) - lr * weight_decay * x",
      .pytorch =
          "torch.optim.Adafactor: the same for matrices and vectors (here one of one column is a vector); it "
          "makes a matrix of the last two "
          "dimensions, and its eps1 is by default the machine epsilon of the dtype (here always float32's)"};
};

}  // namespace gradus
