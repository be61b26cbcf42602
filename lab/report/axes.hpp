#pragma once

#include <string>
#include <vector>

namespace gradus::lab {

struct Axis {
  double low = 0;
  double high = 1;
  bool logarithmic = false;

  /// Where on the axis `value` lies: 0 at `low`, 1 at `high`, outside when it is out of range.
  double fraction(double value) const;
  double clamp(double value) const;
};

/// Round numbers within the axis, at most `most` of them: 1, 2 and 5 times powers of ten; on a logarithmic
/// axis of many decades whole powers.
std::vector<double> ticks(const Axis& axis, int most);

/// "0.02", "40"; far from one "10⁻⁵" or "3×10⁻⁵".
std::string tick_label(double value);

/// Moves places on [0, 1] apart until any two differ by `gap`, each as little as it must, order kept; a gap
/// that does not fit gives way. Labels at the ends of curves are set this way.
std::vector<double> spread(const std::vector<double>& places, double gap);

}  // namespace gradus::lab
