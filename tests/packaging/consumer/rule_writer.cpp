// A rule of one's own, in a file of one's own: Bernstein et
// al., "signSGD", ICML 2018 (arXiv:1802.04434), Algorithm 2.
#include <array>
#include <cstdio>
#include <gradus/gradus.hpp>

struct Signum {
  gradus::Hyper lr = 1e-3, beta = 0.9;

  static constexpr std::array fields{
      gradus::Field{"lr", &Signum::lr, gradus::kNonNegative, "step size"},
      gradus::Field{"beta", &Signum::beta, gradus::kDecayRate, "decay rate of the momentum"}};
  static constexpr std::array slots{gradus::Slot{"momentum_buffer"}};

  struct Step {
    gradus::Ema mean;
  };
  Step at(gradus::Now& /*now*/) const { return {gradus::Ema(beta)}; }

  template <class V>
  static V update(const Step& c, V g, V /*x*/, V& m) {
    m = c.mean(m, g);
    return sign(m);
  }
};

int main() {
  std::array<double, 3> x{1, 1, 1};
  std::array<double, 3> g{0.5, 0.5, 0};
  gradus::Optimizer optimizer{Signum{.lr = 0.25}};
  optimizer.add("x", {3}, x, g);
  optimizer.step();
  // The momentum is 0.05 where g was 0.5: -0.5 turns its
  // sign at 0.9 * 0.05 - 0.1 * 0.5 < 0, and -0.25 does not.
  g = {-0.5, -0.25, 0};
  optimizer.step();
  if (x != std::array<double, 3>{1, 0.5, 1}) {
    std::printf("signum: %.17g %.17g %.17g, expected 1 0.5 1\n", x[0], x[1], x[2]);
    return 1;
  }

  // Its fields have names.
  optimizer.set(gradus::GroupId{0}, "lr", 0.5);
  optimizer.step();
  if (x != std::array<double, 3>{1.5, 1, 1}) {
    std::printf("signum with lr = 0.5: %.17g %.17g %.17g, expected 1.5 1 1\n", x[0], x[1], x[2]);
    return 1;
  }

  // In a chain with the library's own links.
  gradus::Optimizer chained{Signum{.lr = 0.25} >> gradus::WeightDecay{0.5}};
  std::array<double, 1> y{2};
  const std::array<double, 1> h{1};
  chained.add("y", {1}, y, h);
  chained.step();
  if (y[0] != 2 - 0.25 * (1 + 0.5 * 2)) {
    std::printf("signum >> weight_decay: %.17g, expected 1.5\n", y[0]);
    return 1;
  }
}
