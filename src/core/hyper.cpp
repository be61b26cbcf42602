#include "gradus/core/hyper.hpp"

#include <cmath>

#include "gradus/core/number_text.hpp"

namespace gradus {

bool Range::contains(double v) const {
  const bool above = with_low ? v >= low : v > low;
  const bool below = with_high ? v <= high : v < high;
  return above && below && (!integer || v == std::floor(v));
}

std::string Range::text() const {
  return (integer ? "a whole number in " : "") + std::string(with_low ? "[" : "(") + number_text(low) + ", " +
         number_text(high) + (with_high ? "]" : ")");
}

}  // namespace gradus
