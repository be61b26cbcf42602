// The optimizer's face: who may call what, and when.

#include "gradus/optimizer.hpp"

#include <algorithm>
#include <utility>

#include "engine/settings.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/number_text.hpp"
#include "gradus/engine/float_environment.hpp"
#include "optimizer/impl.hpp"

namespace gradus {

namespace {

constexpr Range kLossScale{.low = 1e-37, .high = 1e37};  // it and its inverse are float32 numbers

void check(const OptimizerOptions& options) {
  check_choice("OptimizerOptions: non_finite", options.non_finite, NonFinite::propagate, "NonFinite",
               "skip, raise or propagate");
  check_choice("OptimizerOptions: overflow", options.overflow, Overflow::skip, "Overflow", "report or skip");
  if (options.abort_after < 0)
    throw Error("OptimizerOptions: abort_after is " + std::to_string(options.abort_after) +
                "; it must be a number of steps, or 0");
  if (options.isa)
    check_choice("OptimizerOptions: isa", *options.isa, Isa::avx512, "Isa", "baseline, avx2 or avx512");
}

}  // namespace

Optimizer::Impl::Impl(OptimizerOptions o)
    : options(std::move(o)), isa(options.isa ? *options.isa : choose_isa()), runner(isa, options.executor) {
  check(options);
  const std::vector<Isa> isas = available_isas();
  if (std::find(isas.begin(), isas.end(), isa) == isas.end())
    throw Error("this CPU does not have the instruction set " + std::string(name_of(isa)));
}

Optimizer::Optimizer(AnyRule rule, OptimizerOptions options)
    : impl_(std::make_shared<Impl>(std::move(options))) {
  add_group(std::move(rule), impl_->options.state);
}
Optimizer::~Optimizer() = default;
Optimizer::Optimizer(Optimizer&&) noexcept = default;
Optimizer& Optimizer::operator=(Optimizer&&) noexcept = default;

/// For a function that leaves the optimizer as it is. Throws Error if there is none any more.
Optimizer::Impl& Optimizer::seen_by(const char* function) const {
  if (impl_ != nullptr) return *impl_;
  throw Error(std::string(function) +
              "() was called on an optimizer that has been moved from; it can only be assigned to");
}

/// For a function that changes it. Throws Error also while a step is under way, which may have called it by a
/// schedule or an executor: it would pull away from under the step what that is working on.
Optimizer::Impl& Optimizer::changed_by(const char* function) {
  Impl& impl = seen_by(function);
  if (!impl.at_work) return impl;
  throw Error(std::string(function) +
              "() was called from within a step of this optimizer; it can be changed only between steps");
}

namespace {

/// As long as it lives, nothing else may change the optimizer.
class AtWork {
 public:
  explicit AtWork(bool& flag) : flag_(flag) { flag_ = true; }
  ~AtWork() { flag_ = false; }
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;

 private:
  bool& flag_;
};

}  // namespace

// Groups and parameters

GroupId Optimizer::add_group(AnyRule rule) {
  Impl& impl = changed_by("add_group");
  StateOptions state = impl.inherited_state(rule);
  return impl.add_group(std::move(rule), std::move(state));
}
GroupId Optimizer::add_group(AnyRule rule, StateOptions state) {
  return changed_by("add_group").add_group(std::move(rule), std::move(state));
}
GroupId Optimizer::add_group(const std::vector<Setting>& overrides) {
  AnyRule rule = changed_by("add_group").groups.front().rule;
  set_all(rule, overrides);
  return add_group(std::move(rule));
}

ParameterId Optimizer::add(std::string name, Shape shape, Elements x, ConstElements g, GroupId group) {
  Impl& impl = changed_by("add");
  const engine::DefaultFloatEnvironment environment;
  return impl.add(std::move(name), std::move(shape), x, g, group);
}
void Optimizer::rebind(ParameterId parameter, Elements x, ConstElements g) {
  changed_by("rebind").rebind(parameter, x, g);
}
void Optimizer::set_gradient(ParameterId parameter, const SparseRows& g) {
  changed_by("set_gradient").set_gradient(parameter, g);
}
void Optimizer::clear_gradient(ParameterId parameter) {
  Impl& impl = changed_by("clear_gradient");
  engine::Tensor& t = impl.tensor(parameter);
  t.bind(t.x.elements, t.g.dtype, nullptr);
  impl.occupied.leave();
}

// The step

StepReport Optimizer::step(StepOptions options) {
  const std::shared_ptr<Impl> impl = changed_by("step").shared_from_this();
  if (!kLossScale.contains(options.loss_scale))
    throw Error("loss_scale is " + number_text(options.loss_scale) + "; it must lie in " + kLossScale.text());
  const engine::DefaultFloatEnvironment environment;
  const AtWork at_work(impl->at_work);
  return impl->step(options);
}

void Optimizer::catch_up() {
  Impl& impl = changed_by("catch_up");
  const engine::DefaultFloatEnvironment environment;
  impl.catch_up();
}
void Optimizer::catch_up(ParameterId parameter, std::span<const std::int64_t> rows) {
  Impl& impl = changed_by("catch_up");
  const engine::DefaultFloatEnvironment environment;
  impl.catch_up(parameter, rows);
}

void Optimizer::evaluate() {
  Impl& impl = changed_by("evaluate");
  const engine::DefaultFloatEnvironment environment;
  const AtWork at_work(impl.at_work);
  impl.evaluate();
}
void Optimizer::train() {
  Impl& impl = changed_by("train");
  const AtWork at_work(impl.at_work);
  impl.train();
}
bool Optimizer::evaluating() const { return seen_by("evaluating").evaluating; }

void Optimizer::set(GroupId group, std::string_view field, const Hyper& value) {
  changed_by("set").group(group).rule.set(field, value);
}

// What can be seen

const AnyRule& Optimizer::rule(GroupId group) const { return seen_by("rule").group(group).rule; }
const StateOptions& Optimizer::state_options(GroupId group) const {
  return seen_by("state_options").group(group).state;
}
std::size_t Optimizer::groups() const { return seen_by("groups").groups.size(); }
GroupId Optimizer::group(ParameterId parameter) const {
  const Impl& impl = seen_by("group");
  return GroupId{impl.infos[impl.index(parameter)].group};
}
std::uint64_t Optimizer::seed() const { return seen_by("seed").options.seed; }
std::int64_t Optimizer::steps() const { return seen_by("steps").steps; }
std::int64_t Optimizer::skipped() const { return seen_by("skipped").skipped; }
std::int64_t Optimizer::skipped_in_a_row() const { return seen_by("skipped_in_a_row").skipped_in_a_row; }
std::size_t Optimizer::size() const { return seen_by("size").tensors.size(); }
const std::string& Optimizer::name(ParameterId parameter) const {
  const Impl& impl = seen_by("name");
  return impl.infos[impl.index(parameter)].name;
}
const Shape& Optimizer::shape(ParameterId parameter) const {
  const Impl& impl = seen_by("shape");
  return impl.infos[impl.index(parameter)].shape;
}
std::int64_t Optimizer::steps(ParameterId parameter) const {
  return seen_by("steps").tensor(parameter).clock->t;
}

Elements Optimizer::elements(ParameterId parameter) const {
  const engine::Tensor& t = seen_by("elements").tensor(parameter);
  return {t.x.dtype == Dtype::halves ? Dtype::bf16 : t.x.dtype, t.x.elements, t.size};
}

ParameterId Optimizer::find(std::string_view name) const {
  const auto& numbers = seen_by("find").numbers;
  const auto it = numbers.find(name);
  if (it == numbers.end()) throw Error("there is no parameter named '" + std::string(name) + "'");
  return ParameterId{it->second};
}

std::vector<std::string> Optimizer::slots(ParameterId parameter) const {
  return seen_by("slots").state_names(parameter);
}
StateView Optimizer::state(ParameterId parameter, std::string_view slot) const {
  return seen_by("state").state(parameter, slot);
}

std::vector<ParameterState> Optimizer::all_state() {
  Impl& impl = changed_by("all_state");
  const engine::DefaultFloatEnvironment environment;
  return impl.all_state();
}
void Optimizer::restore(std::int64_t steps, std::span<const ParameterState> parameters,
                        std::vector<AnyRule> rules) {
  const std::shared_ptr<Impl> impl = changed_by("restore").shared_from_this();
  const AtWork at_work(impl->at_work);
  impl->restore(steps, parameters, std::move(rules));
}

std::vector<double> Optimizer::effective_lr(ParameterId parameter) const {
  return effective_lr(parameter, 0, seen_by("effective_lr").tensor(parameter).size);
}

std::vector<double> Optimizer::effective_lr(ParameterId parameter, std::size_t first,
                                            std::size_t count) const {
  const engine::Tensor& t = seen_by("effective_lr").tensor(parameter);
  if (first % kRatesFrom != 0 || first > t.size || count > t.size - first)
    throw Error("effective_lr(): " + std::to_string(count) + " elements from " + std::to_string(first) +
                " on; they must begin at a multiple of " + std::to_string(kRatesFrom) + ", and parameter '" +
                name(parameter) + "' has " + std::to_string(t.size));
  if (t.clock->sweep.coefficients == nullptr || !t.program->has_denominator() ||
      (t.row_state && t.row_state->own()))
    return {};
  const engine::DefaultFloatEnvironment environment;
  std::vector<double> rates = engine::Runner::denominators(t, first, count);
  for (double& rate : rates) rate = t.clock->sweep.lr / rate;
  return rates;
}

}  // namespace gradus
