// Uses the built-in rules: by type and by name.
#include <array>
#include <cmath>
#include <cstdio>
#include <gradus/gradus.hpp>

int main() {
  std::array<float, 4> x{1, -2, 3, 4};
  const std::array<float, 4> g{0.5F, -0.25F, 8, 0};

  gradus::Optimizer adam{gradus::Adam{.lr = 0.125}};
  adam.add("x", {2, 2}, x, g);
  adam.step();
  // The first step of Adam is lr * sign(g), but for eps.
  const std::array<float, 4> expected{0.875F, -1.875F, 2.875F, 4};
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!(std::abs(x[i] - expected[i]) < 1e-6F)) {
      std::printf("adam: x[%zu] = %.9g, expected %.9g\n", i, x[i], expected[i]);
      return 1;
    }
  }

  std::array<float, 4> y{1, -2, 3, 4};
  gradus::Optimizer sgd{gradus::make_rule("sgd", {{"lr", "0.5"}})};
  sgd.add("y", {4}, y, g);
  sgd.step();
  if (y != std::array<float, 4>{0.75F, -1.875F, -1, 4}) {
    std::printf("sgd: %.9g %.9g %.9g %.9g\n", y[0], y[1], y[2], y[3]);
    return 1;
  }
}
