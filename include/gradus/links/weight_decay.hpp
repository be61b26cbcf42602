#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// Weight decay: adds weight_decay * x to the direction. Where it stands decides what it is:
///   WeightDecay{0.01} >> Adam{}   coupled: the L2 penalty's gradient goes through the rule
///   Adam{} >> WeightDecay{0.01}   decoupled: x shrinks by lr * weight_decay (Loshchilov & Hutter, ICLR 2019)
struct WeightDecay {
  Hyper weight_decay = 0.01;

  static constexpr std::array fields{
      Field{"weight_decay", &WeightDecay::weight_decay, kNonNegative, "share of x that joins the direction"}};
  static constexpr auto slots = kNoSlots;

  struct Step {
    Coef weight_decay;
  };
  Step at(Now&) const { return {weight_decay}; }

  template <class V>
  static V update(const Step& c, V u, V x) {
    return u + c.weight_decay * x;
  }

  using precompiled = WeightDecay;
  static constexpr About about{.name = "weight_decay"};
};

}  // namespace gradus
