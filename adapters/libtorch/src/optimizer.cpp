#include <ATen/core/Tensor.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <utility>

#include "gradus/core/error.hpp"
#include "gradus/libtorch.hpp"

namespace gradus::libtorch {
namespace {

OptimizerOptions with_executor(OptimizerOptions options) {
  if (!options.executor) options.executor = std::make_shared<AtenExecutor>();
  return options;
}

template <class T>
std::string text(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

Shape shape_of(const at::Tensor& tensor) { return {tensor.sizes().begin(), tensor.sizes().end()}; }

/// Not one of those that gradus knows: nothing.
std::optional<Dtype> dtype_of(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return Dtype::f32;
    case at::kDouble:
      return Dtype::f64;
    case at::kBFloat16:
      return Dtype::bf16;
    case at::kHalf:
      return Dtype::f16;
    default:
      return std::nullopt;
  }
}

Elements elements_of(const at::Tensor& tensor) {
  return {*dtype_of(tensor), tensor.data_ptr(), static_cast<std::size_t>(tensor.numel())};
}
ConstElements gradient_elements_of(const at::Tensor& tensor) {
  if (!tensor.defined()) return {};
  return {*dtype_of(tensor), tensor.data_ptr(), static_cast<std::size_t>(tensor.numel())};
}

std::span<const std::int64_t> numbers_of(const at::Tensor& rows) {
  return {rows.data_ptr<std::int64_t>(), static_cast<std::size_t>(rows.numel())};
}

/// What makes a tensor unfit to be a parameter; empty if nothing does.
std::string unfitness(const at::Tensor& tensor) {
  if (!tensor.defined()) return "is an undefined tensor";
  if (!tensor.device().is_cpu()) return "is on " + text(tensor.device()) + "; it must be on the CPU";
  if (tensor.layout() != at::kStrided) return "is " + text(tensor.layout()) + "; it must be dense";
  if (!dtype_of(tensor))
    return "is " + text(tensor.scalar_type()) + "; it must be Float, Double, BFloat16 or Half";
  if (!tensor.is_contiguous()) return "is not contiguous";
  if (tensor.is_neg()) return "is a lazily negated view; resolve_neg() makes a tensor of it";
  if (!tensor.is_leaf()) return "is the result of a computation; only leaves of the graph can be optimized";
  if (tensor.is_inference()) return "was made in inference mode, where autograd cannot see it change";
  return {};
}

/// Likewise for the gradient of a parameter.
std::string gradient_unfitness(const at::Tensor& gradient, const at::Tensor& parameter) {
  if (gradient.device() != parameter.device())
    return "is on " + text(gradient.device()) + "; it must be on the CPU";
  if (gradient.layout() != at::kStrided && gradient.layout() != at::kSparse)
    return "is " + text(gradient.layout()) + "; it must be dense, or sparse rows";
  if (gradient.is_sparse() && gradient.sparse_dim() != 1 &&
      gradient._nnz() > 0)  // zero_() leaves none in all
    return "is sparse in " + text(gradient.sparse_dim()) + " dimensions; it must be in the first alone";
  if (!dtype_of(gradient))
    return "is " + text(gradient.scalar_type()) + "; it must be Float, Double, BFloat16 or Half";
  if (gradient.sizes() != parameter.sizes())
    return "has shape " + text(gradient.sizes()) + ", the parameter " + text(parameter.sizes());
  return {};
}

/// Likewise for numbers of rows. A mask would be taken for rows 0 and 1.
std::string unfitness_of_rows(const at::Tensor& rows) {
  const std::string expected = "; they must be a dense Long or Int tensor on the CPU";
  if (!rows.defined()) return "are an undefined tensor" + expected;
  if (rows.scalar_type() != at::kLong && rows.scalar_type() != at::kInt)
    return "are " + text(rows.scalar_type()) + expected;
  if (!rows.device().is_cpu()) return "are on " + text(rows.device()) + expected;
  if (rows.layout() != at::kStrided) return "are " + text(rows.layout()) + expected;
  return {};
}

/// Autograd shall know.
void was_modified(const at::Tensor& tensor) { tensor.unsafeGetTensorImpl()->bump_version(); }

NamedTensors numbered(const std::vector<at::Tensor>& tensors) {
  NamedTensors named;
  for (const at::Tensor& tensor : tensors) named.emplace_back(std::to_string(named.size()), tensor);
  return named;
}

NamedTensors listed(const torch::OrderedDict<std::string, at::Tensor>& tensors) {
  NamedTensors named;
  for (const auto& item : tensors) named.emplace_back(item.key(), item.value());
  return named;
}

}  // namespace

Optimizer::Optimizer(const std::vector<at::Tensor>& parameters, AnyRule rule, OptimizerOptions options)
    : Optimizer(numbered(parameters), std::move(rule), std::move(options)) {}

Optimizer::Optimizer(const torch::OrderedDict<std::string, at::Tensor>& parameters, AnyRule rule,
                     OptimizerOptions options)
    : Optimizer(listed(parameters), std::move(rule), std::move(options)) {}

Optimizer::Optimizer(const NamedTensors& parameters, AnyRule rule, OptimizerOptions options)
    : core_(std::move(rule), with_executor(std::move(options))) {
  for (const auto& [name, tensor] : parameters) add(name, tensor, GroupId{0});
}

GroupId Optimizer::add_group(const NamedTensors& parameters, AnyRule rule) {
  const GroupId group = core_.add_group(std::move(rule));
  for (const auto& [name, tensor] : parameters) add(name, tensor, group);
  return group;
}

GroupId Optimizer::add_group(const NamedTensors& parameters, AnyRule rule, StateOptions state) {
  const GroupId group = core_.add_group(std::move(rule), std::move(state));
  for (const auto& [name, tensor] : parameters) add(name, tensor, group);
  return group;
}

GroupId Optimizer::add_group(const NamedTensors& parameters, const std::vector<Setting>& overrides) {
  const GroupId group = core_.add_group(overrides);
  for (const auto& [name, tensor] : parameters) add(name, tensor, group);
  return group;
}

void Optimizer::add(const std::string& name, const at::Tensor& tensor, GroupId group) {
  if (const std::string why = unfitness(tensor); !why.empty()) throw Error("parameter '" + name + "' " + why);
  const ParameterId id{parameters_.size()};  // the core counts as we do
  const auto [same, is_new] = ids_.try_emplace(tensor.unsafeGetTensorImpl(), id);
  if (!is_new)
    throw Error("parameter '" + name + "' is the same tensor as parameter '" + core_.name(same->second) +
                "'");
  try {
    parameters_.push_back({id, core_.rule(group).program().has_evaluation_point(), tensor, {}, {}, nullptr});
    core_.add(name, shape_of(tensor), elements_of(tensor), {}, group);
  } catch (...) {
    if (ParameterId{parameters_.size()} != id) parameters_.pop_back();
    ids_.erase(same);
    throw;
  }
}

void Optimizer::zero_grad(bool set_to_none) {
  for (Parameter& parameter : parameters_) {
    at::Tensor& gradient = parameter.tensor.mutable_grad();
    if (!gradient.defined()) continue;
    if (set_to_none) {
      gradient.reset();
      core_.clear_gradient(parameter.id);
      parameter.gradient.reset();
      parameter.rows.reset();
    } else {
      gradient.detach_();
      gradient.zero_();
    }
  }
}

StepReport Optimizer::step(StepOptions options) {
  for (Parameter& parameter : parameters_) bind(parameter);
  StepReport report = core_.step(options);
  if (report.status != Status::applied) return report;
  for (const Parameter& parameter : parameters_)
    if (parameter.gradient.defined()) was_modified(parameter.tensor);
  return report;
}

void Optimizer::catch_up(const at::Tensor& parameter, const at::Tensor& rows) {
  const auto found = ids_.find(parameter.unsafeGetTensorImpl());
  if (found == ids_.end()) throw Error("catch_up() was called for a tensor that is none of the parameters");
  if (evaluating()) return;  // which has done so
  const Parameter& its = parameters_[static_cast<std::size_t>(found->second)];
  find_place(its);
  if (const std::string why = unfitness_of_rows(rows); !why.empty())
    throw Error("the rows of parameter '" + core_.name(found->second) + "' to catch up " + why);
  const at::Tensor numbers = rows.to(at::kLong).contiguous();
  core_.catch_up(its.id, numbers_of(numbers));
  was_modified(its.tensor);
}

void Optimizer::catch_up() {
  if (evaluating()) return;  // which has done so
  for (const Parameter& parameter : parameters_) find_place(parameter);
  core_.catch_up();
  for (const Parameter& parameter : parameters_) {
    const std::vector<std::string> kept = core_.slots(parameter.id);
    if (std::find(kept.begin(), kept.end(), "row_steps") != kept.end()) was_modified(parameter.tensor);
  }
}

void Optimizer::evaluate() {
  if (evaluating()) return;
  catch_up();
  for (Parameter& parameter : parameters_) parameter.evaluated_at = parameter.tensor.data_ptr();
  core_.evaluate();
  was_moved_between_points();
}

void Optimizer::train() {
  if (!evaluating()) return;
  for (const Parameter& parameter : parameters_)
    if (parameter.has_evaluation_point && parameter.tensor.data_ptr() != parameter.evaluated_at)
      throw Error("parameter '" + core_.name(parameter.id) +
                  "' has moved in memory since evaluate(): train() can put it back only where it was");
  core_.train();
  was_moved_between_points();
}

/// Where the parameter lies now. A gradient of rows is bound anew by each step.
void Optimizer::find_place(const Parameter& parameter) {
  check(parameter);
  const bool dense = !parameter.rows.defined();
  core_.rebind(parameter.id, elements_of(parameter.tensor),
               dense ? gradient_elements_of(parameter.gradient) : ConstElements{});
}

void Optimizer::was_moved_between_points() const {
  for (const Parameter& parameter : parameters_)
    if (parameter.has_evaluation_point) was_modified(parameter.tensor);
}

/// Throws Error if the parameter has changed so that it is none any more.
void Optimizer::check(const Parameter& parameter) const {
  if (const std::string why = unfitness(parameter.tensor); !why.empty())
    throw Error("parameter '" + core_.name(parameter.id) + "' " + why);
}

/// Tells the core where the parameter and its gradient lie now.
void Optimizer::bind(Parameter& parameter) {
  check(parameter);
  const at::Tensor& tensor = parameter.tensor;
  at::Tensor gradient = tensor.grad();
  if (gradient.defined()) {
    if (const std::string why = gradient_unfitness(gradient, tensor); !why.empty())
      throw Error("the gradient of parameter '" + core_.name(parameter.id) + "' " + why);
    if (gradient.is_sparse()) return bind_rows(parameter, gradient);
    gradient = gradient.resolve_neg().contiguous();
  }
  core_.rebind(parameter.id, elements_of(tensor), gradient_elements_of(gradient));
  parameter.gradient = std::move(gradient);  // not before: the core may have refused, and reads the old one
  parameter.rows.reset();
}

void Optimizer::bind_rows(Parameter& parameter, const at::Tensor& gradient) {
  at::Tensor rows = gradient._indices().flatten(), values = gradient._values().contiguous();
  core_.rebind(parameter.id, elements_of(parameter.tensor), {});
  core_.set_gradient(parameter.id, {numbers_of(rows), gradient_elements_of(values)});
  parameter.gradient = std::move(values);
  parameter.rows = std::move(rows);
}

}  // namespace gradus::libtorch
