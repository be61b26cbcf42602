#pragma once

#include <ATen/core/Tensor.h>
#include <torch/ordered_dict.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gradus/optimizer.hpp"

/// Any rule of gradus for the parameters of a libtorch model:
///
///   gradus::libtorch::Optimizer optimizer(model->named_parameters(), gradus::Adam{.lr = 1e-3});
///   optimizer.zero_grad();
///   loss.backward();
///   optimizer.step();
namespace gradus::libtorch {

/// libtorch's own threads: a step runs on those that the backward pass has just used, so that no two pools
/// fight for the cores. at::set_num_threads() is heeded.
class AtenExecutor final : public Executor {
 public:
  [[nodiscard]] std::size_t threads() const override;
  void run(std::size_t count, const std::function<void(std::size_t)>& task) override;
};

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// Takes the place of a torch::optim optimizer. The parameters are float, double, bfloat16 or half,
/// contiguous, on the CPU, and are updated in place; where they and their gradients lie is read anew each
/// step. A parameter whose gradient is undefined is passed by. Not for use from two threads at once.
class Optimizer {
 public:
  /// Without names, parameters are called "0", "1", … in their order. Without an executor in the options,
  /// steps run on an AtenExecutor. Throws Error, which names the parameter, for one that is undefined, no
  /// leaf, on another device, of another dtype, not contiguous, given twice, or overlapping another.
  Optimizer(const std::vector<at::Tensor>& parameters, AnyRule rule, OptimizerOptions options = {});
  Optimizer(const torch::OrderedDict<std::string, at::Tensor>& parameters, AnyRule rule,
            OptimizerOptions options = {});
  Optimizer(const NamedTensors& parameters, AnyRule rule, OptimizerOptions options = {});

  /// Parameters of a further group, with another rule, or with the first group's and other hyperparameters;
  /// their state is kept as the first group's unless told otherwise. After an Error those before the one that
  /// it names have been added.
  GroupId add_group(const NamedTensors& parameters, AnyRule rule);
  GroupId add_group(const NamedTensors& parameters, AnyRule rule, StateOptions state);
  GroupId add_group(const NamedTensors& parameters, const std::vector<Setting>& overrides);

  /// Forgets the gradients, as PyTorch does since 2.0; with false sets them to zero (sparse ones have no rows
  /// then), and the next backward pass adds to them in place.
  void zero_grad(bool set_to_none = true);

  /// As gradus::Optimizer::step(). A gradient may be of another of the four types than its parameter.
  /// Parameters that were moved count as modified in place: autograd refuses a backward pass through what was
  /// computed from the old values. A sparse gradient of rows (torch::nn::Embedding's, coalesced or not) moves
  /// these rows, as gradus::Optimizer::set_gradient() says. Throws Error for a gradient of another layout, or of
  /// another shape or device than its parameter; nothing has changed then.
  StepReport step(StepOptions options = {});

  /// As gradus::Optimizer's: for StateOptions with RowSteps::caught_up, before a parameter, or its rows of these
  /// numbers (int64 or int32), are read: before the forward pass, that is. It counts as modified in place. Throws
  /// Error for another tensor, for numbers of another type, and as evaluate() does.
  void catch_up(const at::Tensor& parameter, const at::Tensor& rows);
  void catch_up();

  /// As gradus::Optimizer's: for rules that train at one point and are evaluated at another. Parameters that
  /// were moved count as modified in place. evaluate() throws Error for a parameter that is fit to be one no
  /// longer, train() for one whose memory is not where evaluate() found it; nothing has changed then.
  void evaluate();
  void train();
  [[nodiscard]] bool evaluating() const { return core_.evaluating(); }

  /// As gradus::Optimizer::set().
  void set(GroupId group, std::string_view field, const Hyper& value) { core_.set(group, field, value); }

  /// State, effective learning rates, hyperparameters: to be looked at.
  [[nodiscard]] const gradus::Optimizer& core() const { return core_; }

 private:
  struct Parameter {
    ParameterId id;
    bool has_evaluation_point;
    at::Tensor tensor;
    at::Tensor gradient;  // as the core reads it: contiguous; kept alive from one step to the next
    at::Tensor rows;      // of a sparse one, whose values `gradient` then has
    const void* evaluated_at;
  };

  void add(const std::string& name, const at::Tensor& tensor, GroupId group);
  void check(const Parameter& parameter) const;
  void bind(Parameter& parameter);
  void bind_rows(Parameter& parameter, const at::Tensor& gradient);
  void find_place(const Parameter& parameter);
  void was_moved_between_points() const;

  gradus::Optimizer core_;
  std::vector<Parameter> parameters_;
  std::unordered_map<const c10::TensorImpl*, ParameterId> ids_;
};

}  // namespace gradus::libtorch
