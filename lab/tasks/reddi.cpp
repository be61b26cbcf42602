#include <algorithm>

#include "lab/tasks/function.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

/// Reddi, Kale & Kumar, "On the convergence of Adam and beyond", ICLR 2018: online learning on [-1, 1], where Adam goes
/// to the worst point. Of the two examples in the paper this is section 5's, made for usual decay rates (there beta2
/// is 0.99): f_t(x) = 1010 x where t mod 101 = 1, else -10 x. Section 3's, C x and -x with t mod 3, has the
/// same form, but needs a beta2 of 1/(1 + C^2).
class Reddi final : public Function {
 public:
  static constexpr std::int64_t kPeriod = 101;
  static constexpr double kSteep = 1010, kFlat = -10;
  static constexpr double kMeanSlope = (kSteep + (kPeriod - 1) * kFlat) / kPeriod;
  static constexpr double kBest = -1;  // as the mean slope is above 0

  explicit Reddi(std::uint64_t seed) : start_(Draws(seed).uniform(0.5, 1)) {}

  [[nodiscard]] std::vector<double> start() const override { return {start_}; }

  double loss_and_gradient(std::span<const double> x, std::span<double> g) override {
    g[0] = ++t_ % kPeriod == 1 ? kSteep : kFlat;
    regret_ += regret(x[0]);
    return g[0] * x[0];
  }

  void project(std::span<double> x) const override { x[0] = std::clamp(x[0], -1.0, 1.0); }

  /// Both are the average regret so far, of each step against a period's mean slope: the paper's, against the f_t of
  /// the step, has the same limit, but the jump that f_t has just made a rule take hides it for millions of steps.
  [[nodiscard]] Exam examine(std::span<const double> x, Split /*split*/) const override {
    const double average = t_ == 0 ? regret(x[0]) : regret_ / static_cast<double>(t_);
    return {average, average};
  }

 private:
  static double regret(double x) { return kMeanSlope * (x - kBest); }

  double start_, regret_ = 0;
  std::int64_t t_ = 0;
};

std::unique_ptr<Function> make(std::uint64_t seed) { return std::make_unique<Reddi>(seed); }

}  // namespace

const TaskKind kReddi{.name = "reddi",
                      .title = "linear functions in turn on [-1, 1], made to lead Adam astray",
                      .source = "none: a function of 1 number",
                      .size = "1 number",
                      .minutes = "less than 1",
                      .metric = {.name = "average regret",
                                 .highest_is_best = false,
                                 .scale = 1,
                                 .unit = "",
                                 .digits = 4,
                                 .chance = kNotMeasured,
                                 .margin = 0.002},
                      .budget = {.count = 3000 * Reddi::kPeriod},
                      .quick = {.count = 500 * Reddi::kPeriod},
                      .looks = 25,
                      .batch = 1,
                      .schedule = "constant",
                      .target = 0.02,
                      .rules = "sgd,adagrad,adam:beta2=0.99,amsgrad:beta2=0.99",
                      .takes_model = false,
                      .load = [](const TaskSource& source) { return make_function_task(source, make); }};

}  // namespace gradus::lab
