#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/engine/any_rule.hpp"
#include "gradus/engine/executor.hpp"
#include "gradus/engine/isa.hpp"
#include "gradus/states/dtype.hpp"
#include "gradus/states/elements.hpp"
#include "gradus/states/sparse_rows.hpp"
#include "gradus/states/state_options.hpp"

namespace gradus {

using Shape = std::vector<std::int64_t>;

/// Handles that Optimizer gives out.
enum class ParameterId : std::size_t {};
enum class GroupId : std::size_t {};

/// What to do when a gradient holds NaN or an infinity.
enum class NonFinite {
  skip,       ///< change nothing, and report which
  raise,      ///< change nothing, and throw Error
  propagate,  ///< do not look; saves one read of the gradients
};

/// What to do when a gradient is finite and its square is not (beyond 1.8e19 in float32): a mean of squares
/// would become infinite, and the element never move again. For a matrix rule it is the sum of as many squares
/// as the parameter has elements, of which products of matrices would make NaN.
enum class Overflow {
  report,  ///< take the step, and report which
  skip,    ///< change nothing, and report which
};

struct OptimizerOptions {
  NonFinite non_finite = NonFinite::skip;
  Overflow overflow = Overflow::report;  ///< looked for unless non-finite gradients propagate
  /// This many steps skipped in a row for what their gradients hold are an Error of the last of them, and of those that are
  /// skipped after it; a step that is applied begins anew. 0: any number.
  std::int64_t abort_after = 0;
  bool maximize = false;                    ///< walk up the gradient
  std::shared_ptr<Executor> executor = {};  ///< default: shared_executor()
  std::optional<Isa> isa = {};              ///< default: choose_isa()
  StateOptions state = {};                  ///< of the first group
  std::uint64_t seed = 0;                   ///< of stochastic rounding
};

struct StepOptions {
  double loss_scale = 1;  ///< the gradients are this many times too large; in [1e-37, 1e37]
};

enum class Status {
  applied,
  skipped,  ///< a gradient was not finite or too large, or there was none at all: nothing changed
  failed,   ///< a schedule threw Error, or gave a value out of its field's range: nothing changed
};

struct StepReport {
  Status status = Status::applied;
  double gradient_norm =
      std::numeric_limits<double>::quiet_NaN();  ///< over all gradients; NaN unless a rule needs it
  std::vector<std::string> non_finite;           ///< parameters whose gradient was not finite; the first ten
  std::vector<std::string> overflowing;          ///< those whose gradient's square was not; the first ten
  /// Why nothing changed; empty if applied. Of a gradient of rows it names the first row that is not finite.
  std::string message;
};

/// A part of a parameter's state: an array like the parameter, a number a row or a column, a matrix, or one
/// number. The view holds until a function is called that is not const: step() too, whatever that reports.
struct StateView {
  std::string name;
  Dtype dtype;
  Shape shape;
  const void* data;
  const void* beside;  ///< what lies beside the elements, as layout_of(dtype) says
  std::size_t size;

  /// The elements as they are kept. Throws Error if they are of another type than T.
  template <class T>
  [[nodiscard]] std::span<const T> as() const;
  /// The elements as numbers, whatever they are kept as.
  [[nodiscard]] std::vector<double> decode() const;
};

/// All that an optimizer keeps of a parameter: as it showed it, or as a file holds it.
struct ParameterState {
  std::string name;  ///< of the parameter
  std::int64_t steps = 0;
  std::vector<StateView> state;  ///< everything that slots() names, in any order
};

/// Moves parameters, which stay the caller's, by a rule. Not for use from two threads at once. Once moved
/// from it can be assigned to or destroyed; all else throws Error.
///
/// What step() calls, a schedule or an executor, may look at the optimizer;
/// what would change it throws Error there, and has changed nothing. Where a
/// schedule destroys it or assigns to it, which cannot throw, that step fails.
class Optimizer {
 public:
  /// Throws Error if the options cannot be met on this CPU, or the state cannot be kept so.
  explicit Optimizer(AnyRule rule, OptimizerOptions options = {});
  ~Optimizer();
  Optimizer(Optimizer&&) noexcept;
  Optimizer& operator=(Optimizer&&) noexcept;

  /// Parameters of another kind: with another rule, or with the first group's and other hyperparameters; and
  /// with their state kept in another way than the first group's. Where that is not said, slots that the first
  /// group's StateOptions name and the rule lacks are left out. Throws Error if `state` names what the rule has
  /// no slot of, or one twice, or has a value that is none; or if `overrides` name a field twice.
  GroupId add_group(AnyRule rule);
  GroupId add_group(AnyRule rule, StateOptions state);
  GroupId add_group(const std::vector<Setting>& overrides);

  /// Borrows x (written by step) and its gradient g (read by step), of float, double, bfloat16 or float16,
  /// each of its own. Both outlive the optimizer, or are rebound. An empty g means no gradient yet. Throws
  /// Error, which names the parameter, if the name is taken, sizes and shape disagree, an array is not
  /// aligned to its elements, memory overlaps that of another parameter, or the group's rule or StateOptions
  /// do not fit it. Takes O(log n).
  ParameterId add(std::string name, Shape shape, Elements x, ConstElements g, GroupId group = GroupId{0});

  /// The same parameter at another place, from now on. Errors as for add(), but overlaps are an Error of the
  /// next step: so several can change places.
  void rebind(ParameterId parameter, Elements x, ConstElements g);
  /// The gradient of steps to come is zero but for these rows, and these rows alone are moved, as by a step
  /// on them ("lazily": neither their x nor their state changes otherwise; the parameter's step count grows
  /// with each step; StateOptions::row_steps has two other ways). Borrows both arrays, until the next call,
  /// rebind() or clear_gradient(). Throws Error if sizes disagree or the rule looks at more than elements or
  /// rows, or for a vector whose group has row_steps other than shared: these are for two dimensions or more. A row that
  /// the parameter has not is an Error of step(), which then changes nothing.
  void set_gradient(ParameterId parameter, const SparseRows& g);
  /// Brings rows of RowSteps::caught_up to their parameter's last step: these, in any order and any number of
  /// times, or all of all parameters. Until then x and state() of rows lag behind that have not been moved
  /// since: so, before a gradient is computed from rows, catch these up; evaluate() does it for all. Throws
  /// Error if there is no such row, and as step() does for memory.
  void catch_up(ParameterId parameter, std::span<const std::int64_t> rows);
  void catch_up();
  /// The parameter has no gradient until it is given one: steps pass it by, its step count too.
  void clear_gradient(ParameterId parameter);

  /// Moves every parameter that has a gradient, once. A transaction: unless the report says applied, nothing
  /// changed but the counts of skipped steps. Throws Error after OptimizerOptions::abort_after of these, or if a parameter has been rebound to memory that another array has, and passes on
  /// what a schedule throws that is no Error; nothing has changed then either.
  StepReport step(StepOptions options = {});

  /// A new value for a hyperparameter, as AnyRule::set(): of two decays in a chain the first is weight_decay, the
  /// second weight_decay_2. Throws Error if there is no such field or the value is out of its range.
  void set(GroupId group, std::string_view field, const Hyper& value);
  [[nodiscard]] const AnyRule& rule(GroupId group = GroupId{0}) const;
  [[nodiscard]] const StateOptions& state_options(GroupId group = GroupId{0}) const;
  [[nodiscard]] std::size_t groups() const;  ///< their number
  [[nodiscard]] GroupId group(ParameterId parameter) const;
  [[nodiscard]] std::uint64_t seed() const;

  [[nodiscard]] std::int64_t steps() const;             ///< applied so far: what schedules are asked with
  [[nodiscard]] std::int64_t skipped() const;           ///< those for what gradients held, in this process
  [[nodiscard]] std::int64_t skipped_in_a_row() const;  ///< since the last one that was applied
  [[nodiscard]] std::size_t size() const;               ///< the number of parameters
  [[nodiscard]] const std::string& name(ParameterId parameter) const;
  [[nodiscard]] const Shape& shape(ParameterId parameter) const;
  /// Where the parameter lies now: add()'s x, or rebind()'s.
  [[nodiscard]] Elements elements(ParameterId parameter) const;
  /// Throws Error if there is no parameter of that name. Takes O(1).
  [[nodiscard]] ParameterId find(std::string_view name) const;
  [[nodiscard]] std::int64_t steps(ParameterId parameter) const;

  /// The names of all that the optimizer keeps of the parameter: slots and matrices in the rule's order, then
  /// single numbers, those last that it shares with others; and one of them. Throws Error for another name.
  /// Where rows do not share the parameter's steps, row_steps says how many each has had (RowSteps::own:
  /// single numbers then are one a row) or which one it is at.
  [[nodiscard]] std::vector<std::string> slots(ParameterId parameter) const;
  [[nodiscard]] StateView state(ParameterId parameter, std::string_view slot) const;

  /// All state: the views hold as state()'s do. Rows of RowSteps::caught_up are brought to their parameter's last step
  /// first. Throws Error between evaluate() and train(), and as catch_up() does.
  [[nodiscard]] std::vector<ParameterState> all_state();
  /// Goes on from there: the next steps have the bits that they would have had after those that were taken. `steps` are
  /// the optimizer's; schedules have been asked for the last of them. Parameters are matched by name, what is kept of
  /// them by name, type and shape; parameters themselves are the caller's to put back. Where there are `rules`, one a
  /// group and of its type, groups take their hyperparameters. effective_lr() is empty until the next step. Throws Error,
  /// which lists what is missing, what is too much and what is different, and between evaluate() and train(); and then
  /// nothing has changed.
  void restore(std::int64_t steps, std::span<const ParameterState> parameters,
               std::vector<AnyRule> rules = {});

  /// Rules that train at one point and are evaluated at another (schedule_free_adamw) keep both. evaluate() puts
  /// the parameters at the one, train() puts them back, to the very bits; step() and add() in between are Errors,
  /// and so is rebinding such a parameter. Parameters of other rules stay where they are.
  void evaluate();
  void train();
  [[nodiscard]] bool evaluating() const;

  /// What one unit of (averaged) gradient moves each element by, as of the last step: lr / (sqrt(v) + eps)
  /// for Adam. Empty before the parameter's first step, for rules that do not act element by element, and
  /// where rows have steps of their own.
  [[nodiscard]] std::vector<double> effective_lr(ParameterId parameter) const;
  /// Of some elements: a look at a large parameter. Throws Error unless it has them, and `first` is a multiple of
  /// kRatesFrom, where blocks of 8-bit state begin.
  static constexpr std::size_t kRatesFrom = 256;
  [[nodiscard]] std::vector<double> effective_lr(ParameterId parameter, std::size_t first,
                                                 std::size_t count) const;

 private:
  struct Impl;
  [[nodiscard]] Impl& seen_by(const char* function) const;
  [[nodiscard]] Impl& changed_by(const char* function);

  std::shared_ptr<Impl> impl_;  // shared with step() while that runs: a schedule may destroy the optimizer
};

}  // namespace gradus
