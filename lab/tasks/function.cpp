#include "lab/tasks/function.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "gradus/core/error.hpp"

namespace gradus::lab {
namespace {

constexpr const char* kName = "x";

class FunctionMover final : public Mover {
 public:
  FunctionMover(std::vector<double>& x, const std::vector<double>& gradient, AnyRule rule,
                OptimizerOptions options)
      : optimizer_(std::move(rule), std::move(options)) {
    optimizer_.add(kName, {static_cast<std::int64_t>(x.size())}, x, gradient);
  }

  void forget_gradient() override {}  // it is written anew each time
  StepReport step() override { return optimizer_.step(); }
  void evaluate() override { optimizer_.evaluate(); }
  void train() override { optimizer_.train(); }
  [[nodiscard]] const Optimizer& core() const override { return optimizer_; }

 private:
  Optimizer optimizer_;
};

class FunctionProblem final : public Problem {
 public:
  explicit FunctionProblem(std::unique_ptr<Function> function)
      : function_(std::move(function)), x_(function_->start()), gradient_(x_.size()) {}

  [[nodiscard]] std::vector<std::pair<std::string, Shape>> parameters() const override {
    return {{kName, {static_cast<std::int64_t>(x_.size())}}};
  }

  std::unique_ptr<Mover> mover(std::vector<Part> parts, OptimizerOptions options) override {
    return std::make_unique<FunctionMover>(x_, gradient_, std::move(parts.front().rule), std::move(options));
  }

  double loss_and_gradient() override { return function_->loss_and_gradient(x_, gradient_); }
  void project() override { function_->project(x_); }
  Exam examine(Split split) override { return function_->examine(x_, split); }

  [[nodiscard]] std::vector<double> values(const std::string& parameter) const override {
    if (parameter != kName)
      throw Error(fmt::format("a function has one parameter, {}, and none called {}", kName, parameter));
    return x_;
  }

 private:
  std::unique_ptr<Function> function_;
  std::vector<double> x_, gradient_;
};

class FunctionTask final : public Task {
 public:
  explicit FunctionTask(FunctionMaker make) : make_(make) {
    facts_.data = "none";
    facts_.parameters = static_cast<std::int64_t>(make_(0)->start().size());
  }

  [[nodiscard]] const TaskFacts& facts() const override { return facts_; }

  [[nodiscard]] std::unique_ptr<Problem> begin(std::uint64_t seed, std::int64_t /*batch*/) const override {
    return std::make_unique<FunctionProblem>(make_(seed));
  }

 private:
  FunctionMaker make_;
  TaskFacts facts_;
};

}  // namespace

std::unique_ptr<const Task> make_function_task(const TaskSource& source, FunctionMaker make) {
  if (!source.data.empty())
    throw Error(
        fmt::format("{} is of no use here: the task is a function, which has no data", source.data.string()));
  return std::make_unique<FunctionTask>(make);
}

Metric gap_metric() {
  return {.name = "log10 gap",
          .highest_is_best = false,
          .scale = 1,
          .unit = "",
          .digits = 2,
          .chance = kNotMeasured,
          .margin = 0.1};
}

double log_gap(double gap) { return std::log10(std::max(gap, 1e-30)); }

std::vector<double> log_spaced(double first, double last, std::size_t n) {
  std::vector<double> numbers(n);
  for (std::size_t i = 0; i < n; ++i)
    numbers[i] = first * std::pow(last / first, static_cast<double>(i) / static_cast<double>(n - 1));
  return numbers;
}

}  // namespace gradus::lab
