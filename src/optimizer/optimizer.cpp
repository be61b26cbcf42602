#include "gradus/optimizer.hpp"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/core/number_text.hpp"
#include "gradus/engine/float_environment.hpp"
#include "gradus/engine/runner.hpp"
#include "optimizer/memory.hpp"

namespace gradus {

namespace {

constexpr Range kLossScale{.low = 1e-37, .high = 1e37};  // it and its inverse are float32 numbers
constexpr std::size_t kMostNamed = 10;                   // parameters that a report names

std::size_t index_of(ParameterId parameter) { return static_cast<std::size_t>(parameter); }
std::size_t index_of(GroupId group) { return static_cast<std::size_t>(group); }

std::string shape_text(const Shape& shape) {
  std::string text = "[";
  for (const std::int64_t n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}

StepReport skipped(std::string why) {
  StepReport report;
  report.status = Status::skipped;
  report.message = std::move(why);
  return report;
}

template <class T>
std::string misaligned() {
  return " is misaligned: the address of a " + std::string(name_of(kDtypeOf<T>)) +
         " array must be a multiple of " + std::to_string(sizeof(T));
}

/// Throws Error unless the shape is one, and has as many elements as are given.
void check_shape(const std::string& name, const Shape& shape, std::size_t elements) {
  std::size_t product = 1;
  for (const std::int64_t n : shape) {
    if (n < 0)
      throw Error("parameter '" + name + "': shape " + shape_text(shape) + " has a negative dimension");
    if (__builtin_mul_overflow(product, static_cast<std::size_t>(n), &product))
      throw Error("parameter '" + name + "': shape " + shape_text(shape) + " has too many elements to count");
  }
  if (product != elements)
    throw Error("parameter '" + name + "': shape " + shape_text(shape) + " has " + std::to_string(product) +
                " elements, the array has " + std::to_string(elements));
}

template <class T>
void check_arrays(const std::string& name, const Shape& shape, std::span<T> x, std::span<const T> g) {
  check_shape(name, shape, x.size());
  if (!x.empty() && x.data() == nullptr)
    throw Error("parameter '" + name + "' has no memory: its data is null");
  if (!g.empty() && g.data() == nullptr)
    throw Error("the gradient of parameter '" + name + "' has no memory: its data is null");
  if (!g.empty() && g.size() != x.size())
    throw Error("parameter '" + name + "' has " + std::to_string(x.size()) + " elements, its gradient " +
                std::to_string(g.size()));
  if (!is_aligned(x)) throw Error("parameter '" + name + "'" + misaligned<T>());
  if (!is_aligned(g)) throw Error("the gradient of parameter '" + name + "'" + misaligned<T>());
}

}  // namespace

struct Optimizer::Impl : std::enable_shared_from_this<Impl> {
  struct Info {
    std::string name;
    Shape shape;
    std::size_t group;
  };

  OptimizerOptions options;
  Isa isa;
  engine::Runner runner;
  std::deque<AnyRule> groups;  // deques: what rule(), name() and shape() refer to stays where it is
  std::deque<Info> infos;      // by parameter, as `tensors`
  std::vector<engine::Tensor> tensors;
  std::unordered_map<std::string_view, std::size_t> numbers;  // of parameters, by what `infos` name them
  Occupied occupied;                                          // by `tensors`
  std::int64_t steps = 0;
  bool planned = true;  // none has been added since the plan was made
  bool placed = true;   // none has been rebound since overlaps were looked for
  bool asking = false;  // a schedule is being called

  explicit Impl(OptimizerOptions o)
      : options(std::move(o)), isa(options.isa ? *options.isa : choose_isa()), runner(isa, options.executor) {
    const std::vector<Isa> isas = available_isas();
    if (std::find(isas.begin(), isas.end(), isa) == isas.end())
      throw Error("this CPU does not have the instruction set " + std::string(name_of(isa)));
  }

  AnyRule& group(GroupId id) {
    if (index_of(id) >= groups.size())
      throw Error("there is no group " + std::to_string(index_of(id)) + "; there are " +
                  std::to_string(groups.size()));
    return groups[index_of(id)];
  }
  [[nodiscard]] std::size_t index(ParameterId id) const {
    if (index_of(id) >= tensors.size())
      throw Error("there is no parameter " + std::to_string(index_of(id)) + "; there are " +
                  std::to_string(tensors.size()));
    return index_of(id);
  }
  engine::Tensor& tensor(ParameterId id) { return tensors[index(id)]; }

  template <class T>
  ParameterId add(std::string name, Shape shape, std::span<T> x, std::span<const T> g, GroupId id);
  template <class T>
  void rebind(ParameterId id, std::span<T> x, std::span<const T> g);
  [[noreturn]] void refuse(const Overlap& overlap) const;
  void refuse_overlap_of(const Piece& x, const Piece& g) const;

  [[nodiscard]] bool needs_gradient_norm() const;
  StepReport step(const StepOptions& step_options);
  bool refuse_non_finite(double factor, StepReport& report);
  void ask_schedules();
};

Optimizer::Optimizer(AnyRule rule, OptimizerOptions options)
    : impl_(std::make_shared<Impl>(std::move(options))) {
  add_group(std::move(rule));
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

/// For a function that changes it. Throws Error also while a step asks its schedules: it would pull away from
/// under the step what that is working on.
Optimizer::Impl& Optimizer::changed_by(const char* function) {
  Impl& impl = seen_by(function);
  if (!impl.asking) return impl;
  throw Error(std::string(function) +
              "() was called from within a schedule of this optimizer; it can be changed only between steps");
}

GroupId Optimizer::add_group(AnyRule rule) {
  std::deque<AnyRule>& groups = changed_by("add_group").groups;
  static_cast<void>(rule.program());  // throws Error if it has been moved from
  groups.push_back(std::move(rule));
  return GroupId{groups.size() - 1};
}

GroupId Optimizer::add_group(const std::vector<Setting>& overrides) {
  AnyRule rule = changed_by("add_group").groups.front();
  for (const Setting& setting : overrides) rule.set(setting.name, setting.value);
  return add_group(std::move(rule));
}

// Parameters

void Optimizer::Impl::refuse(const Overlap& overlap) const {
  const std::string& name = infos[overlap.parameter.owner].name;
  const std::string& other = infos[overlap.other.owner].name;
  if (!overlap.other.is_gradient)
    throw Error("parameter '" + name + "' overlaps parameter '" + other + "' in memory");
  if (overlap.other.owner == overlap.parameter.owner)
    throw Error("parameter '" + name + "' overlaps its own gradient in memory");
  throw Error("the gradient of parameter '" + other + "' overlaps parameter '" + name + "' in memory");
}

template <class T>
ParameterId Optimizer::Impl::add(std::string name, Shape shape, std::span<T> x, std::span<const T> g,
                                 GroupId id) {
  const AnyRule& rule = group(id);
  if (name.empty()) throw Error("a parameter needs a name");
  if (numbers.contains(name)) throw Error("there is already a parameter named '" + name + "'");
  check_arrays(name, shape, x, g);
  if (rule.program().is_matrix() && shape.size() < 2)
    throw Error("parameter '" + name + "' has shape " + shape_text(shape) + "; " + std::string(rule.name()) +
                " takes matrices (two dimensions or more): give it to a group with another rule");

  engine::Tensor tensor(rule.program(), isa, kDtypeOf<T>, x.size(), shape.empty() ? 1 : shape.front());
  tensor.x = x.data();
  tensor.g = g.empty() ? nullptr : g.data();
  const std::size_t self = tensors.size();
  const Piece x_piece = parameter_of(tensor, self), g_piece = gradient_of(tensor, self);
  infos.push_back({std::move(name), std::move(shape), index_of(id)});
  try {
    if (occupied.overlaps(x_piece, g_piece, tensors)) refuse_overlap_of(x_piece, g_piece);
    numbers.emplace(infos.back().name, self);
    tensors.push_back(std::move(tensor));
    occupied.add(x_piece, g_piece);
  } catch (...) {  // as if nothing had been tried
    if (tensors.size() > self) tensors.pop_back();
    numbers.erase(infos.back().name);
    infos.pop_back();
    throw;
  }
  planned = false;
  return ParameterId{self};
}

/// Finds what a new parameter overlaps, to name it: by a look at all. The new one's name is the last.
void Optimizer::Impl::refuse_overlap_of(const Piece& x, const Piece& g) const {
  const std::size_t self = tensors.size();
  if (x.overlaps(g)) refuse({x, g});
  for (std::size_t i = 0; i < self; ++i) {
    const Piece other_x = parameter_of(tensors[i], i), other_g = gradient_of(tensors[i], i);
    if (x.overlaps(other_x)) refuse({x, other_x});
    if (x.overlaps(other_g)) refuse({x, other_g});
    if (g.overlaps(other_x)) refuse({other_x, g});
  }
}

template <class T>
void Optimizer::Impl::rebind(ParameterId id, std::span<T> x, std::span<const T> g) {
  engine::Tensor& t = tensor(id);
  const Info& info = infos[index_of(id)];
  if (t.dtype != kDtypeOf<T>)
    throw Error("parameter '" + info.name + "' is " + name_of(t.dtype) + ", not " + name_of(kDtypeOf<T>));
  check_arrays(info.name, info.shape, x, g);
  const void* gradient = g.empty() ? nullptr : g.data();
  if (t.x != x.data() || t.g != gradient) {
    placed = false;
    occupied.forget();
  }
  t.x = x.data();
  t.g = gradient;
}

ParameterId Optimizer::add(std::string name, Shape shape, std::span<float> x, std::span<const float> g,
                           GroupId group) {
  return changed_by("add").add(std::move(name), std::move(shape), x, g, group);
}
ParameterId Optimizer::add(std::string name, Shape shape, std::span<double> x, std::span<const double> g,
                           GroupId group) {
  return changed_by("add").add(std::move(name), std::move(shape), x, g, group);
}
void Optimizer::rebind(ParameterId parameter, std::span<float> x, std::span<const float> g) {
  changed_by("rebind").rebind(parameter, x, g);
}
void Optimizer::rebind(ParameterId parameter, std::span<double> x, std::span<const double> g) {
  changed_by("rebind").rebind(parameter, x, g);
}
void Optimizer::clear_gradient(ParameterId parameter) {
  Impl& impl = changed_by("clear_gradient");
  impl.tensor(parameter).g = nullptr;
  impl.occupied.forget();
}

// The step

StepReport Optimizer::step(StepOptions options) {
  const std::shared_ptr<Impl> impl = changed_by("step").shared_from_this();  // a schedule may destroy *this
  if (!kLossScale.contains(options.loss_scale))
    throw Error("loss_scale is " + number_text(options.loss_scale) + "; it must lie in " + kLossScale.text());
  const engine::DefaultFloatEnvironment environment;
  return impl->step(options);
}

bool Optimizer::Impl::needs_gradient_norm() const {
  return std::any_of(groups.begin(), groups.end(),
                     [](const AnyRule& r) { return r.program().needs_gradient_norm(); });
}

StepReport Optimizer::Impl::step(const StepOptions& step_options) {
  StepReport report;
  if (!planned) runner.plan(tensors);
  planned = true;
  if (!placed)
    if (const std::optional<Overlap> overlap = find_overlap(tensors)) refuse(*overlap);
  placed = true;
  if (std::none_of(tensors.begin(), tensors.end(), [](const auto& t) { return t.g != nullptr; }))
    return skipped("no parameter has a gradient");

  const double unscale = 1 / step_options.loss_scale;
  if (refuse_non_finite(unscale, report)) return report;
  try {
    ask_schedules();
  } catch (const Error& error) {
    report.status = Status::failed;
    report.message = error.what();
    return report;
  }

  // From here on nothing fails.
  for (AnyRule& rule : groups) rule.program().take_answers();
  for (engine::Tensor& t : tensors)
    if (t.g != nullptr) t.begin_step(report.gradient_norm, options.maximize ? -unscale : unscale);
  runner.step(tensors);
  ++steps;
  return report;
}

void Optimizer::Impl::ask_schedules() {
  struct Asking {
    bool& flag;
    explicit Asking(bool& f) : flag(f) { flag = true; }
    ~Asking() { flag = false; }
  };
  const Asking while_asking(asking);
  for (AnyRule& rule : groups) rule.program().ask_schedules(steps);
  if (weak_from_this().use_count() == 1)  // the step's own
    throw Error("a schedule has destroyed the optimizer, or moved another into its place");
}

/// Fills in the gradient norm where it is needed. True if the step must not be taken; then the report says
/// why.
bool Optimizer::Impl::refuse_non_finite(double factor, StepReport& report) {
  const bool look = options.non_finite != NonFinite::propagate, want_norm = needs_gradient_norm();
  if (!look && !want_norm) return false;
  const engine::Runner::Finding finding = runner.survey(tensors, factor, want_norm);
  report.gradient_norm = finding.norm;
  if (!look || finding.non_finite.empty()) return false;

  for (std::size_t i = 0; i < std::min(finding.non_finite.size(), kMostNamed); ++i)
    report.non_finite.push_back(infos[finding.non_finite[i]].name);
  report.status = Status::skipped;
  report.message = "the gradient is not finite (NaN or infinity) in " +
                   std::to_string(finding.non_finite.size()) + " of " + std::to_string(tensors.size()) +
                   " parameters: " + listed(report.non_finite);
  if (options.non_finite == NonFinite::raise) throw Error(report.message);
  return true;
}

// What can be seen

void Optimizer::set(GroupId group, std::string_view field, const Hyper& value) {
  changed_by("set").group(group).set(field, value);
}
const AnyRule& Optimizer::rule(GroupId group) const { return seen_by("rule").group(group); }
std::int64_t Optimizer::steps() const { return seen_by("steps").steps; }
std::size_t Optimizer::size() const { return seen_by("size").tensors.size(); }
const std::string& Optimizer::name(ParameterId parameter) const {
  const Impl& impl = seen_by("name");
  return impl.infos[impl.index(parameter)].name;
}
const Shape& Optimizer::shape(ParameterId parameter) const {
  const Impl& impl = seen_by("shape");
  return impl.infos[impl.index(parameter)].shape;
}
std::int64_t Optimizer::steps(ParameterId parameter) const { return seen_by("steps").tensor(parameter).t; }

ParameterId Optimizer::find(std::string_view name) const {
  const auto& numbers = seen_by("find").numbers;
  const auto it = numbers.find(name);
  if (it == numbers.end()) throw Error("there is no parameter named '" + std::string(name) + "'");
  return ParameterId{it->second};
}

std::vector<std::string> Optimizer::slots(ParameterId parameter) const {
  return seen_by("slots").tensor(parameter).program->slots();
}

StateView Optimizer::state(ParameterId parameter, std::string_view slot) const {
  const engine::Tensor& t = seen_by("state").tensor(parameter);
  const std::vector<std::string> names = t.program->slots();
  const auto it = std::find(names.begin(), names.end(), slot);
  if (it == names.end())
    throw Error("parameter '" + name(parameter) + "' has no slot '" + std::string(slot) +
                "'; it has: " + (names.empty() ? "none" : listed(names)));
  const Buffer& buffer = t.slots[static_cast<std::size_t>(it - names.begin())];
  return {std::string(slot), buffer.dtype(), &shape(parameter), buffer.data(), buffer.size()};
}

std::vector<double> Optimizer::effective_lr(ParameterId parameter) const {
  const engine::Tensor& t = seen_by("effective_lr").tensor(parameter);
  if (t.t == 0 || !t.program->has_denominator()) return {};
  std::vector<double> rates(t.size);
  t.kernels.denominators(t.sweep, t.size, t.slot_arrays.data(), rates.data());
  for (double& rate : rates) rate = t.sweep.lr / rate;
  return rates;
}

template <class T>
std::span<const T> StateView::as() const {
  if (dtype != kDtypeOf<T>)
    throw Error("slot '" + name + "' is " + name_of(dtype) + ", not " + name_of(kDtypeOf<T>));
  return {static_cast<const T*>(data), size};
}
template std::span<const float> StateView::as<float>() const;
template std::span<const double> StateView::as<double>() const;

}  // namespace gradus
