#pragma once

#include "gradus/gradus.hpp"

namespace gradus::test {

/// A rule of no use that looks twice, at everything there is to look at: rows, columns, the tensor, and all.
struct Lines {
  Hyper rate = 0.01;

  static constexpr std::array fields{Field{"rate", &Lines::rate, kNonNegative, "of the direction"}};
  static constexpr std::array slots{Slot{"m"}, Slot{"r", Values::non_negative, Over::row},
                                    Slot{"c", Values::any, Over::column}};
  static constexpr std::array scalars{Scalar{"of_tensor", 0}};
  static constexpr std::array shared{Scalar{"of_all", 0}, Scalar{"of_all_later", 0}};

  struct Step {
    Coef rate, pull;
  };
  Step at(Now& now) const { return {rate, now.shared[1] / (1 + now.scalars[0])}; }

  struct First {
    static constexpr std::array sums{Over::row, Over::column, Over::tensor, Over::all};

    template <class V>
    static std::array<Real<double>, 4> measure(const Step&, V g, V x, V /*m*/, V /*r*/, V /*c*/) {
      return {wide(g) * wide(g), wide(g) * wide(x), wide(x) * wide(x), wide(x) * wide(x)};
    }
    static void conclude_together(const Step&, const Findings& f, std::span<double> kept) { kept[0] = f[3]; }
    static void conclude(Step&, const Findings& f) {
      for (std::size_t i = 0; i < f.slots[0].size(); ++i)
        f.slots[0].set(i, 0.5 * f.slots[0][i] + f.sums[0][i]);
      for (std::size_t j = 0; j < f.slots[1].size(); ++j)
        f.slots[1].set(j, 0.5 * f.slots[1][j] + f.sums[1][j]);
      f.scalars[0] = f[2];
    }
  };
  struct Second {
    static constexpr std::array sums{Over::all, Over::column, Over::tensor, Over::row};

    template <class V>
    static std::array<Real<double>, 4> measure(const Step& k, V g, V x, V m, V r, V c) {
      const Real<double> y = wide(g / (1.0 + sqrt(r))), z = wide(x / (1.0 + abs(c)));
      return {y, y * z, wide(k.pull * m), z * z};
    }
    static void conclude_together(const Step&, const Findings& f, std::span<double> kept) {
      kept[1] = f[0] / (1 + kept[0]);
    }
    static void conclude(Step& k, const Findings& f) {
      for (std::size_t i = 0; i < f.slots[0].size(); ++i) f.slots[0].set(i, f.slots[0][i] + f.sums[3][i]);
      for (std::size_t j = 0; j < f.slots[1].size(); ++j) f.slots[1].set(j, f.slots[1][j] + f.sums[1][j]);
      k.pull = f[2] / (1 + f.scalars[0] * f.scalars[0]) + f.shared[1];
    }
  };
  using Looks = std::tuple<First, Second>;

  template <class V>
  static V update(const Step& k, V g, V x, V& m, V r, V c) {
    m = 0.9 * m + 0.1 * g;
    return k.rate * (m / (1.0 + sqrt(r)) + x / (1.0 + abs(c)) + k.pull * x);
  }
};

}  // namespace gradus::test
