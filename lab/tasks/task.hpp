#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gradus/optimizer.hpp"
#include "lab/results/results.hpp"

/// What a race trains. A task is a file of this folder: its data, its model, its loss, its metric, and how
/// much of it is usual. HACKING.md tells how to add one.
namespace gradus::lab {

/// Moves a problem's parameters: gradus' own optimizer, or its adapter to a tensor library.
class Mover {
 public:
  virtual ~Mover() = default;
  /// Before a gradient is computed.
  virtual void forget_gradient() = 0;
  virtual StepReport step() = 0;
  /// Puts the parameters where the rule is evaluated, and back where it trains.
  virtual void evaluate() = 0;
  virtual void train() = 0;
  [[nodiscard]] virtual const Optimizer& core() const = 0;
};

/// Which parameters a rule moves.
struct Part {
  std::vector<std::string> parameters;
  AnyRule rule;
};

enum class Split { validation, test };

struct Exam {
  double loss = 0;
  double metric = 0;
};

/// The loss where this was the right class.
struct TargetLoss {
  std::int64_t target = 0;
  double loss = 0;
};

/// A loss over examples that stay the same, as a function of all parameters: the numbers of each one after the other,
/// in the order of Problem::parameters(). Its problem outlives it, and is left as it was found by every call; while one
/// runs, nobody else uses the problem. Throws Error where spans are not of size() numbers.
class Landscape {
 public:
  virtual ~Landscape() = default;

  [[nodiscard]] virtual std::size_t size() const = 0;
  /// Where the problem's parameters are now.
  [[nodiscard]] virtual std::vector<double> point() const = 0;
  virtual double loss(std::span<const double> x) = 0;
  /// g becomes the gradient at x.
  virtual void gradient(std::span<const double> x, std::span<double> g) = 0;
  /// hv becomes the Hessian at x times v. Throws Error if it cannot be computed.
  virtual void hessian_times(std::span<const double> x, std::span<const double> v, std::span<double> hv) = 0;
};

/// One training's parameters, and the batches that it meets: both depend on the task and the seed alone.
class Problem {
 public:
  virtual ~Problem() = default;

  [[nodiscard]] virtual std::vector<std::pair<std::string, Shape>> parameters() const = 0;
  /// A mover of all parameters, each by the rule of its part. It reads the gradients
  /// that loss_and_gradient() leaves behind, and lives no longer than the problem.
  virtual std::unique_ptr<Mover> mover(std::vector<Part> parts, OptimizerOptions options) = 0;

  /// The loss of the next batch. Its gradient is there for the mover, unless the loss is not finite.
  virtual double loss_and_gradient() = 0;
  /// After each step: back into the set that the parameters are constrained to, if there is one.
  virtual void project() {}
  virtual Exam examine(Split split) = 0;

  /// Of each target of the split, in its order; empty where the task has no classes.
  virtual std::vector<TargetLoss> losses(Split /*split*/) { return {}; }

  /// A copy of a parameter's numbers: what its last step moved is measured so.
  [[nodiscard]] virtual std::vector<double> values(const std::string& parameter) const = 0;

  /// The mean loss of the first training examples, which are the same for every seed; null where there are none.
  /// Throws Error if there are fewer.
  virtual std::unique_ptr<Landscape> landscape(std::int64_t /*examples*/) { return nullptr; }
};

/// What a task consists of, as far as it can be counted.
struct TaskFacts {
  std::string data;      ///< its name and where it was found; "none" for functions
  std::string checksum;  ///< of all of it, and of the user's model, in hexadecimal
  std::int64_t train_size = 0, validation_size = 0, test_size = 0;
  std::int64_t epoch_examples = 0;  ///< as many make an epoch; 0 where there is no such thing
  std::int64_t parameters = 0;
};

/// A task with its data in memory. Trainings share it, from any number of threads.
class Task {
 public:
  virtual ~Task() = default;
  [[nodiscard]] virtual const TaskFacts& facts() const = 0;
  /// Throws Error if the data do not fill a batch.
  [[nodiscard]] virtual std::unique_ptr<Problem> begin(std::uint64_t seed, std::int64_t batch) const = 0;
};

/// Where a task takes its data and its model from, if not from where it usually does.
struct TaskSource {
  std::filesystem::path data;   ///< empty: the task's own
  std::filesystem::path model;  ///< a TorchScript file; empty: the task's own
};

/// How long a training is: in steps, or in epochs where the task has them.
struct Budget {
  std::int64_t count = 0;
  bool in_epochs = false;
};

/// A row of the table of tasks: all that is known before anything is loaded.
struct TaskKind {
  const char* name;
  const char* title;    ///< what is trained, on what: "a small convolutional net on Fashion-MNIST"
  const char* source;   ///< of the data: a Debian package, or "none: a function of N numbers"
  const char* size;     ///< examples and parameters, in words
  const char* minutes;  ///< of a default race and a quick one, on two cores
  Metric metric;
  Budget budget, quick;
  int looks;  ///< how many points a curve has, where a training is shorter than an epoch or there are none
  std::int64_t batch;
  const char* schedule;
  double target;      ///< of the metric, on the validation split: how fast it is reached is one thing to win
  const char* rules;  ///< who races unless others are named
  bool takes_model;   ///< of the user's own
  std::unique_ptr<const Task> (*load)(const TaskSource& source);
};

/// All tasks, the default first.
const std::vector<const TaskKind*>& task_kinds();
/// Throws Error for an unknown name, with those that it may have meant.
const TaskKind& find_task(std::string_view name);

}  // namespace gradus::lab
