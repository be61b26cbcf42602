#pragma once

#include "gradus/core/rule.hpp"

namespace gradus {

/// Clips each element of the gradient to [-clip_value, clip_value]. A link: ClipValue{0.5} >> Adam{}.
struct ClipValue {
  Hyper clip_value = 1.0;

  static constexpr std::array fields{
      Field{"clip_value", &ClipValue::clip_value, kPositive, "largest magnitude of an element"}};
  static constexpr auto slots = kNoSlots;

  struct Step {
    Coef low, high;
  };
  Step at(Now&) const { return {-clip_value, clip_value}; }

  template <class V>
  static V update(const Step& c, V g, V /*x*/) {
    return min(c.high, max(c.low, g));
  }

  using precompiled = ClipValue;
  static constexpr About about{.name = "clip_value"};
};

}  // namespace gradus
