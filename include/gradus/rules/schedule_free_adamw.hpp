#pragma once

#include "gradus/core/power.hpp"
#include "gradus/core/rule.hpp"

namespace gradus {

/// Defazio et al., "The Road Less Scheduled", NeurIPS 2024, Algorithm 1 (arXiv:2405.15682), as the authors'
/// package has it. It trains at y, between the iterate z and the mean x of all z, which is what
/// optimizer.evaluate() shows. It needs no schedule but a warm-up. x moves by itself, not by lr times a
/// direction: a link after it is not multiplied by lr.
struct ScheduleFreeAdamW {
  /// So that powers of steps and rates that there may be are finite.
  static constexpr Range kExponent{.low = 0, .high = 20};
  Hyper lr = 0.0025, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0.0, warmup_steps = 0, r = 0,
        weight_lr_power = 2;

  static constexpr std::array fields{
      Field{"lr", &ScheduleFreeAdamW::lr, kNonNegative, "step size of z (gamma)"},
      Field{"beta1", &ScheduleFreeAdamW::beta1,
            Range{.low = 0, .high = 1, .with_low = false, .with_high = false}, "share of x in y"},
      Field{"beta2", &ScheduleFreeAdamW::beta2, kDecayRate, "decay rate of the mean of g^2"},
      Field{"eps", &ScheduleFreeAdamW::eps, kNonNegative, "added to the root"},
      Field{"weight_decay", &ScheduleFreeAdamW::weight_decay, kNonNegative,
            "share of y that joins the direction"},
      Field{"warmup_steps", &ScheduleFreeAdamW::warmup_steps, Range{.low = 0, .high = 1e15, .integer = true},
            "steps in which lr rises to its value"},
      Field{"r", &ScheduleFreeAdamW::r, kExponent, "z counts in x by t^r"},
      Field{"weight_lr_power", &ScheduleFreeAdamW::weight_lr_power, kExponent,
            "z counts in x by the largest lr so far, to this power"}};
  static constexpr std::array slots{Slot{"z", Values::precise}, Slot{"exp_avg_sq", Values::non_negative}};
  static constexpr std::array scalars{Scalar{"beta2_product", 1}, Scalar{"lr_max", 0},
                                      Scalar{"weight_sum", 0}};

  struct Step {
    Ema square;
    Coef unbias2, eps, weight_decay, lr, c, move, extrapolate;
    Coef keep_z, take_y;  // z is y before the first step
  };
  Step at(Now& now) const {
    double &beta2_t = now.scalars[0], &lr_max = now.scalars[1], &weight_sum = now.scalars[2];
    const auto t = static_cast<double>(now.t);
    const double gamma = t < warmup_steps ? lr * (t / warmup_steps) : static_cast<double>(lr);
    beta2_t *= beta2;
    if (gamma > lr_max) lr_max = gamma;
    const double weight = lr_max > 0 ? power(t, r) * power(lr_max, weight_lr_power) : 0;
    weight_sum += weight;
    const double c = weight_sum > 0 ? weight / weight_sum : 0;
    return {.square = Ema(beta2),
            .unbias2 = 1 / (1 - beta2_t),
            .eps = eps,
            .weight_decay = weight_decay,
            .lr = gamma,
            .c = c,
            .move = gamma * (1 - beta1 * (1 - c)),
            .extrapolate = 1 - 1 / beta1,
            .keep_z = now.t == 1 ? 0 : 1,
            .take_y = now.t == 1 ? 1 : 0};
  }

  template <class V>
  static V root(const Step& c, V v) {
    return sqrt(c.unbias2 * v) + c.eps;
  }
  template <class V>
  static V denominator(const Step& c, V /*z*/, V v) {
    return root(c, v) / c.lr;
  }
  template <class V>
  static V update(const Step& c, V g, V y, V& z, V& v) {
    const V old = c.keep_z * z + c.take_y * y;
    v = c.square(v, g * g);
    const V u = g / root(c, v) + c.weight_decay * y;
    z = old - c.lr * u;
    return c.c * (y - old) + c.move * u;
  }

  static constexpr bool has_evaluation_point = true;
  template <class V>
  static V evaluation_point(const Step& c, V y, V z, V /*v*/) {
    return y + c.extrapolate * (z - y);
  }

  using moves_by_itself = void;
  using precompiled = ScheduleFreeAdamW;
  static constexpr About about{
      .name = "schedule_free_adamw",
      .title = "AdamW with a mean of iterates in the place of a schedule",
      .source = "Defazio et al., The Road Less Scheduled, NeurIPS 2024, Algorithm 1 (arXiv:2405.15682)",
      .formula =
          "v = beta2 * v + (1 - beta2) * g^2\n"
          "u = g / (sqrt(v / (1 - beta2^t)) + eps) + weight_decay * y\n"
          "z = z - lr * u\n"
          "x = (1 - c) * x + c * z,  c = w / (sum of w),  w = t^r * (largest lr)^weight_lr_power\n"
          "y = beta1 * x + (1 - beta1) * z      (y is trained, x is evaluated)",
      .pytorch =
          "PyTorch has none; the authors' schedulefree.AdamWScheduleFree is the same, but counts steps by "
          "group"};
};

}  // namespace gradus
