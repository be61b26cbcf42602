#include "lab/tasks/function.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

/// Rosenbrock, "An automatic method for finding the greatest or least value of a function", 1960, five times: the
/// "extended Rosenbrock function" of Moré, Garbow & Hillstrom, "Testing unconstrained optimization software", 1981,
/// problem 21. Its minimum is 0, at x = (1, …, 1).
class Rosenbrock final : public Function {
 public:
  static constexpr std::size_t kSize = 10;

  explicit Rosenbrock(std::uint64_t seed) : seed_(seed) {}

  /// Their (-1.2, 1), each number moved by up to 0.1.
  [[nodiscard]] std::vector<double> start() const override {
    Draws draws(seed_);
    std::vector<double> x(kSize);
    for (std::size_t i = 0; i < kSize; ++i) x[i] = (i % 2 == 0 ? -1.2 : 1) + draws.uniform(-0.1, 0.1);
    return x;
  }

  double loss_and_gradient(std::span<const double> x, std::span<double> g) override {
    for (std::size_t i = 0; i < kSize; i += 2) {
      const double bend = x[i + 1] - x[i] * x[i];
      g[i] = -400 * x[i] * bend - 2 * (1 - x[i]);
      g[i + 1] = 200 * bend;
    }
    return value(x);
  }

  [[nodiscard]] Exam examine(std::span<const double> x, Split /*split*/) const override {
    return {value(x), log_gap(value(x))};
  }

 private:
  static double value(std::span<const double> x) {
    double sum = 0;
    for (std::size_t i = 0; i < kSize; i += 2) {
      const double bend = x[i + 1] - x[i] * x[i];
      sum += 100 * bend * bend + (1 - x[i]) * (1 - x[i]);
    }
    return sum;
  }

  std::uint64_t seed_;
};

std::unique_ptr<Function> make(std::uint64_t seed) { return std::make_unique<Rosenbrock>(seed); }

}  // namespace

const TaskKind kRosenbrock{.name = "rosenbrock",
                           .title = "five of Rosenbrock's curved valleys",
                           .source = "none: a function of 10 numbers",
                           .size = "10 numbers",
                           .minutes = "less than 1",
                           .metric = gap_metric(),
                           .budget = {.count = 3000},
                           .quick = {.count = 1000},
                           .looks = 40,
                           .batch = 1,
                           .schedule = "cosine",
                           .target = -2,
                           .rules = kUsualRules,
                           .takes_model = false,
                           .load = [](const TaskSource& source) { return make_function_task(source, make); }};

}  // namespace gradus::lab
