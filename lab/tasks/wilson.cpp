#include <algorithm>

#include "lab/tasks/function.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

constexpr double kPositive = 0.75;  // p of the paper: how likely a label is 1, and not -1

double draw_label(Draws& draws) { return draws.uniform(0, 1) < kPositive ? 1 : -1; }

/// Wilson, Roelofs, Stern, Srebro & Recht, "The marginal value of adaptive gradient methods in machine learning", 2017,
/// section 3.3: least squares, the first feature being the label, the next two 1, and then five for each example, which
/// are 1 in it alone: one of them where the label is 1, all where it is -1. Gradient descent from 0 finds
/// the solution of least norm, which classifies every new point; adaptive methods (lemma 3.1) one
/// proportional to sign(X'y), which calls every new point positive.
class Wilson final : public Function {
 public:
  static constexpr std::size_t kExamples = 100, kShared = 3, kOwn = 5, kSize = kShared + kOwn * kExamples;
  static constexpr int kFresh = 1000;  // points of each split

  explicit Wilson(std::uint64_t seed) : y_(kExamples) {
    Draws draws(seed);
    for (double& label : y_) label = draw_label(draws);
    for (double* negative : {&validation_negative_, &test_negative_})
      for (int i = 0; i < kFresh; ++i) *negative += draw_label(draws) < 0 ? 1.0 / kFresh : 0;
  }

  [[nodiscard]] std::vector<double> start() const override { return std::vector<double>(kSize); }

  double loss_and_gradient(std::span<const double> w, std::span<double> g) override {
    double loss = 0;
    std::ranges::fill(g, 0);
    for (std::size_t i = 0; i < kExamples; ++i) {
      const std::span own = w.subspan(kShared + kOwn * i, own_features(i));
      double residual = shared_score(w, y_[i]) - y_[i];
      for (const double weight : own) residual += weight;
      loss += residual * residual / (2 * kExamples);
      residual /= kExamples;
      g[0] += residual * y_[i];
      g[1] += residual;
      g[2] += residual;
      std::ranges::fill(g.subspan(kShared + kOwn * i, own.size()), residual);
    }
    return loss;
  }

  /// On fresh points, whose own features no training example has, so that their weights are still 0.
  [[nodiscard]] Exam examine(std::span<const double> w, Split split) const override {
    const double negative = split == Split::test ? test_negative_ : validation_negative_;
    Exam exam;
    for (const auto& [y, share] : {std::pair{1.0, 1 - negative}, {-1.0, negative}}) {
      const double score = shared_score(w, y);
      exam.loss += share * (score - y) * (score - y) / 2;
      exam.metric += score * y > 0 ? 0 : share;
    }
    return exam;
  }

 private:
  [[nodiscard]] std::size_t own_features(std::size_t i) const { return y_[i] > 0 ? 1 : kOwn; }
  static double shared_score(std::span<const double> w, double y) { return w[0] * y + w[1] + w[2]; }

  std::vector<double> y_;
  double validation_negative_ = 0, test_negative_ = 0;
};

std::unique_ptr<Function> make(std::uint64_t seed) { return std::make_unique<Wilson>(seed); }

}  // namespace

const TaskKind kWilson{.name = "wilson",
                       .title = "least squares made so that adaptive methods call every new point positive",
                       .source = "none: 100 examples and 2,000 fresh points are drawn by the seed",
                       .size = "100 examples, 503 numbers",
                       .minutes = "less than 1",
                       .metric = {.name = "error",
                                  .highest_is_best = false,
                                  .scale = 100,
                                  .unit = "%",
                                  .digits = 1,
                                  .chance = 1 - kPositive,
                                  .margin = 0.01},
                       .budget = {.count = 2000},
                       .quick = {.count = 500},
                       .looks = 40,
                       .batch = 1,
                       .schedule = "constant",
                       .target = 0.01,
                       .rules = "sgd,momentum,adagrad,rmsprop,adam",
                       .takes_model = false,
                       .load = [](const TaskSource& source) { return make_function_task(source, make); }};

}  // namespace gradus::lab
