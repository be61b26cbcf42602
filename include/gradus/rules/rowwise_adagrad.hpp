#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// AdaGrad with one sum a row, the mean of its squares: Mudigere et al., "Software-Hardware Co-design for
/// Fast and Scalable Training of Deep Learning Recommendation Models", ISCA 2022, section 4.1.4
/// (arXiv:2104.05158). For embedding tables, whose state then is a fraction of them.
struct RowwiseAdaGrad {
  Hyper lr = 1e-2, eps = 1e-10;

  static constexpr std::array fields{Field{"lr", &RowwiseAdaGrad::lr, kNonNegative, "step size"},
                                     Field{"eps", &RowwiseAdaGrad::eps, kNonNegative, "added to the root"}};
  static constexpr std::array slots{Slot{"sum", Values::non_negative, Over::row}};

  struct Step {
    Coef eps;
  };
  Step at(Now&) const { return {eps}; }

  static constexpr std::array sums{Over::row};
  template <class V>
  static std::array<Real<double>, 1> measure(const Step&, V g, V /*x*/, V /*s*/) {
    return {wide(g) * wide(g)};
  }
  static void conclude(Step&, const Findings& squares) {
    const Numbers& s = squares.slots[0];
    const auto columns = static_cast<double>(squares.columns);
    for (std::size_t row = 0; row < s.size(); ++row) s.set(row, s[row] + squares.sums[0][row] / columns);
  }

  template <class V>
  static V denominator(const Step& c, V s) {
    return sqrt(s) + c.eps;
  }
  template <class V>
  static V update(const Step& c, V g, V /*x*/, V s) {
    return g / denominator(c, s);
  }

  using precompiled = RowwiseAdaGrad;
  static constexpr About about{
      .name = "rowwise_adagrad",
      .title = "AdaGrad with one rate a row, for embedding tables",
      .source =
          "Mudigere et al., Software-Hardware Co-design for Fast and Scalable Training of Deep Learning "
          "Recommendation Models, ISCA 2022 (arXiv:2104.05158)",
      .formula =
          "s = s + mean of g^2 over the row\n"
          "x = x - lr * g / (sqrt(s) + eps)",
      .pytorch =
          "PyTorch has none; FBGEMM's EXACT_ROWWISE_ADAGRAD and torchrec's RowWiseAdagrad are the same"};
};

}  // namespace gradus
