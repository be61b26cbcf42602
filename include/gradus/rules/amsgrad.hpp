#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// Reddi, Kale & Kumar, "On the Convergence of Adam and Beyond", ICLR 2018, Algorithm 2 (arXiv:1904.09237),
/// with the bias corrections of PyTorch: the maximum is over raw v, and is corrected when used.
struct AMSGrad {
  Hyper lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8;

  static constexpr std::array fields{
      Field{"lr", &AMSGrad::lr, kNonNegative, "step size (alpha)"},
      Field{"beta1", &AMSGrad::beta1, kDecayRate, "decay rate of the mean of g"},
      Field{"beta2", &AMSGrad::beta2, kDecayRate, "decay rate of the mean of g^2"},
      Field{"eps", &AMSGrad::eps, kNonNegative, "added to the root"}};
  static constexpr std::array slots{Slot{"exp_avg"}, Slot{"exp_avg_sq", Values::non_negative},
                                    Slot{"max_exp_avg_sq", Values::non_negative}};
  static constexpr std::array scalars{Scalar{"beta1_product", 1}, Scalar{"beta2_product", 1}};

  struct Step {
    Ema mean, square;
    Coef unbias1, unbias2, eps;
  };
  Step at(Now& now) const {
    const double beta1_t = now.scalars[0] *= beta1;
    const double beta2_t = now.scalars[1] *= beta2;
    return {Ema(beta1), Ema(beta2), 1 / (1 - beta1_t), 1 / (1 - beta2_t), eps};
  }

  template <class V>
  static V denominator(const Step& c, V /*m*/, V /*v*/, V v_max) {
    return sqrt(c.unbias2 * v_max) + c.eps;
  }
  template <class V>
  static V update(const Step& c, V g, V /*x*/, V& m, V& v, V& v_max) {
    m = c.mean(m, g);
    v = c.square(v, g * g);
    v_max = max(v_max, v);
    return c.unbias1 * m / denominator(c, m, v, v_max);
  }

  using precompiled = AMSGrad;
  static constexpr About about{
      .name = "amsgrad",
      .title = "Adam whose rates never rise",
      .source =
          "Reddi, Kale & Kumar, On the Convergence of Adam and Beyond, ICLR 2018, Algorithm 2 "
          "(arXiv:1904.09237)",
      .formula =
          "m = beta1 * m + (1 - beta1) * g\n"
          "v = beta2 * v + (1 - beta2) * g^2\n"
          "w = max(w, v)\n"
          "x = x - lr * (m / (1 - beta1^t)) / (sqrt(w / (1 - beta2^t)) + eps)",
      .pytorch = "torch.optim.Adam(amsgrad=True): the same; the paper has no bias corrections"};
};

}  // namespace gradus
