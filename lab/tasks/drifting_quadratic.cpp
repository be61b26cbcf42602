#include <cmath>

#include "lab/tasks/function.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

/// The noisy quadratic model of Zhang et al., "Which algorithmic choices matter at which batch sizes?", 2019, section 3:
/// the covariance of the gradient's noise is the Hessian, here times 0.01. Its optimum walks: 0.01 a step in each
/// direction, in the mean of squares. A small learning rate falls behind; a large one follows the noise.
class DriftingQuadratic final : public Function {
 public:
  static constexpr std::size_t kSize = 100;
  static constexpr double kNoise = 0.1, kDrift = 0.01;

  explicit DriftingQuadratic(std::uint64_t seed) : draws_(seed), optimum_(kSize) {
    for (double& number : optimum_) number = draws_.uniform(-1, 1);
  }

  [[nodiscard]] std::vector<double> start() const override { return std::vector<double>(kSize); }

  double loss_and_gradient(std::span<const double> x, std::span<double> g) override {
    const double excess = value(x);
    for (std::size_t i = 0; i < kSize; ++i) {
      g[i] = lambda_[i] * (x[i] - optimum_[i]) + kNoise * std::sqrt(lambda_[i]) * draws_.unit_noise();
      optimum_[i] += kDrift * draws_.unit_noise();
    }
    sums_.push_back(sums_.back() + excess);
    return excess;
  }

  /// The mean excess loss of the later half of the steps so far, where their gradients were taken.
  [[nodiscard]] Exam examine(std::span<const double> x, Split /*split*/) const override {
    const std::size_t steps = sums_.size() - 1, from = steps / 2;
    const double mean =
        steps == 0 ? value(x) : (sums_[steps] - sums_[from]) / static_cast<double>(steps - from);
    return {mean, log_gap(mean)};
  }

 private:
  [[nodiscard]] double value(std::span<const double> x) const {
    double sum = 0;
    for (std::size_t i = 0; i < kSize; ++i) sum += lambda_[i] * (x[i] - optimum_[i]) * (x[i] - optimum_[i]);
    return sum / 2;
  }

  Draws draws_;
  std::vector<double> lambda_ = log_spaced(1, 1e-2, kSize), optimum_;
  std::vector<double> sums_{0};  // of the excess losses before each step
};

std::unique_ptr<Function> make(std::uint64_t seed) { return std::make_unique<DriftingQuadratic>(seed); }

Metric metric() {
  Metric excess = gap_metric();
  excess.name = "log10 excess";
  excess.margin = 0.02;
  return excess;
}

}  // namespace

const TaskKind kDriftingQuadratic{
    .name = "drifting-quadratic",
    .title = "a quadratic function with noisy gradients whose optimum walks at random",
    .source = "none: a function of 100 numbers",
    .size = "100 numbers",
    .minutes = "less than 1",
    .metric = metric(),
    .budget = {.count = 4000},
    .quick = {.count = 1000},
    .looks = 40,
    .batch = 1,
    .schedule = "constant",
    .target = -1,
    .rules = "sgd,momentum,rmsprop,adam,amsgrad",
    .takes_model = false,
    .load = [](const TaskSource& source) { return make_function_task(source, make); }};

}  // namespace gradus::lab
