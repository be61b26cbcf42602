#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lab/tasks/draws.hpp"
#include "lab/tasks/task.hpp"

/// What tasks have in common that minimize a function of a vector x: in double, with gradients
/// written out, and without a tensor library.
namespace gradus::lab {

class Function {
 public:
  virtual ~Function() = default;

  [[nodiscard]] virtual std::vector<double> start() const = 0;
  /// The value at x; g becomes its gradient. Functions that change with time take a step of it.
  virtual double loss_and_gradient(std::span<const double> x, std::span<double> g) = 0;
  /// To the point nearest to x of the set that x is constrained to.
  virtual void project(std::span<double> /*x*/) const {}
  [[nodiscard]] virtual Exam examine(std::span<const double> x, Split split) const = 0;
};

using FunctionMaker = std::unique_ptr<Function> (*)(std::uint64_t seed);

/// Throws Error if the source names data: a function has none.
std::unique_ptr<const Task> make_function_task(const TaskSource& source, FunctionMaker make);

/// log10(f(x) - f*), where a gap of less than 1e-30 counts as that.
Metric gap_metric();
double log_gap(double gap);

/// n numbers from `first` to `last`, each the same multiple of the one before.
std::vector<double> log_spaced(double first, double last, std::size_t n);

}  // namespace gradus::lab
