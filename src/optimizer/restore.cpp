// All of the state at once: taken, and put back.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "gradus/core/differences.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/number_text.hpp"
#include "gradus/core/shape_text.hpp"
#include "optimizer/impl.hpp"

namespace gradus {

namespace {

/// Up to here a double counts each, as those of rows are; nobody has taken so many.
constexpr std::int64_t kMostSteps = std::int64_t{1} << 53;

bool can_be_steps(std::int64_t steps) { return steps >= 0 && steps <= kMostSteps; }

std::string text_of(const StateView& view) {
  return std::string(name_of(view.dtype)) + " " + shape_text(view.shape);
}

const StateView* view_named(const std::vector<StateView>& views, std::string_view name) {
  const auto found = std::ranges::find(views, name, &StateView::name);
  return found == views.end() ? nullptr : &*found;
}

double number_in(const StateView& view) { return view.as<double>().front(); }

std::size_t bytes_beside(const StateView& view) {
  const Layout layout = layout_of(view.dtype);
  return (view.size + layout.block - 1) / layout.block * layout.beside_bytes;
}

/// What is shown is the optimizer's own, and not const there.
void copy(const StateView& from, const StateView& to) {
  if (from.size == 0 || from.data == to.data) return;
  std::memcpy(const_cast<void*>(to.data), from.data, from.size * bytes_of(from.dtype));
  if (const std::size_t beside = bytes_beside(from); beside > 0)
    std::memcpy(const_cast<void*>(to.beside), from.beside, beside);
}

void compare(const std::string& parameter, const std::vector<StateView>& ours,
             const std::vector<StateView>& saved, Differences& differences) {
  const std::string whose = "parameter '" + parameter + "' ";
  for (const StateView& view : ours) {
    const StateView* const other = view_named(saved, view.name);
    if (other == nullptr)
      differences.add(whose + "lacks slot '" + view.name + "'");
    else if (other->dtype != view.dtype || other->shape != view.shape)
      differences.add(whose + "has slot '" + view.name + "' as " + text_of(*other) + ", not " +
                      text_of(view));
  }
  std::set<std::string_view> seen;
  for (const StateView& view : saved) {
    if (view_named(ours, view.name) == nullptr)
      differences.add(whose + "has a slot '" + view.name + "' too many");
    if (!seen.insert(view.name).second) differences.add(whose + "has slot '" + view.name + "' twice");
  }
}

/// Rows have had no more steps than their parameter; just as many where they are caught up.
void check_rows(const ParameterState& saved, const engine::Tensor& t, Differences& differences) {
  const StateView* const rows = view_named(saved.state, kRowSteps);
  if (!t.row_state || rows == nullptr || rows->dtype != Dtype::f64) return;
  const auto last = static_cast<double>(saved.steps);
  const bool all_due = t.row_state->caught_up();
  for (const double steps : rows->as<double>())
    if (!(steps >= (all_due ? last : 0) && steps <= last && steps == std::floor(steps))) {
      differences.add("parameter '" + saved.name + "' has had " + std::to_string(saved.steps) +
                      " steps, and a row of it " + number_text(steps));
      return;
    }
}

/// Tensors that go on alike share a clock, as they did.
class Clocks {
 public:
  std::shared_ptr<engine::Clock> of(const engine::Tensor& t, std::int64_t steps,
                                    std::vector<double> scalars) {
    if (!t.shares_clock()) return made(t, steps, std::move(scalars));
    std::vector<std::uint64_t> bits;
    for (const double scalar : scalars) bits.push_back(std::bit_cast<std::uint64_t>(scalar));
    std::shared_ptr<engine::Clock>& shared = shared_[{t.program, steps, std::move(bits)}];
    if (shared)
      ++shared->tensors;
    else
      shared = made(t, steps, std::move(scalars));
    return shared;
  }

 private:
  static std::shared_ptr<engine::Clock> made(const engine::Tensor& t, std::int64_t steps,
                                             std::vector<double> scalars) {
    auto clock = std::make_shared<engine::Clock>();
    clock->t = steps;
    clock->scalars = std::move(scalars);
    clock->coefficients.resize(t.program->coefficients_size());
    return clock;
  }
  std::map<std::tuple<const engine::Program*, std::int64_t, std::vector<std::uint64_t>>,
           std::shared_ptr<engine::Clock>>
      shared_;
};

/// The rule's numbers of the parameter as they were saved; those of a new one where each row has its own.
std::vector<double> scalars_in(const ParameterState& saved, const engine::Tensor& t) {
  std::vector<double> scalars;
  for (const engine::ScalarInfo& scalar : t.program->scalars())
    scalars.push_back(t.row_state && t.row_state->own() ? scalar.initial
                                                        : number_in(*view_named(saved.state, scalar.name)));
  return scalars;
}

}  // namespace

std::vector<ParameterState> Optimizer::Impl::all_state() {
  if (evaluating) throw Error("all_state() was called between evaluate() and train(); call train() first");
  check_files();
  catch_up();
  std::vector<ParameterState> all;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    all.push_back({infos[i].name, tensors[i].clock->t, states(i)});
  return all;
}

/// By parameter. Throws Error, which lists all differences, unless the state is of this optimizer.
std::vector<const ParameterState*> Optimizer::Impl::matched(std::span<const ParameterState> saved) const {
  Differences differences;
  std::vector<const ParameterState*> found(tensors.size());
  for (const ParameterState& each : saved) {
    const auto number = numbers.find(each.name);
    if (number == numbers.end())
      differences.add("there is no parameter '" + each.name + "'");
    else if (std::exchange(found[number->second], &each) != nullptr)
      differences.add("parameter '" + each.name + "' is there twice");
    else if (!can_be_steps(each.steps))
      differences.add("parameter '" + each.name + "' has had " + std::to_string(each.steps) + " steps");
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (found[i] == nullptr) {
      differences.add("parameter '" + infos[i].name + "' is missing");
    } else {
      compare(infos[i].name, states(i), found[i]->state, differences);
      check_rows(*found[i], tensors[i], differences);
    }
  }
  if (const std::string text = differences.text(); !text.empty())
    throw Error("the state is of another optimizer: " + text);
  return found;
}

/// Throws Error unless there are none, or one of each group's type.
void Optimizer::Impl::check_rules(const std::vector<AnyRule>& rules) const {
  if (rules.empty()) return;
  if (rules.size() != groups.size())
    throw Error("restore() was given " + std::to_string(rules.size()) + " rules; there are " +
                std::to_string(groups.size()) + " groups");
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (rules[i].program().kind() != groups[i].rule.program().kind())
      throw Error("restore() was given the rule " + std::string(rules[i].name()) + " for group " +
                  std::to_string(i) + ", which has " + std::string(groups[i].rule.name()));
}

void Optimizer::Impl::restore(std::int64_t last_step, std::span<const ParameterState> saved,
                              std::vector<AnyRule> rules) {
  if (evaluating) throw Error("restore() was called between evaluate() and train(); call train() first");
  if (!can_be_steps(last_step))
    throw Error("restore(): steps are " + std::to_string(last_step) + "; there may be 0 to 2^53");
  check_files();
  check_rules(rules);
  const std::vector<const ParameterState*> found = matched(saved);
  Clocks clocks;
  std::vector<std::shared_ptr<engine::Clock>> new_clocks;
  std::vector<std::optional<engine::StepLog>> logs(tensors.size());
  std::vector<std::vector<StateView>> ours;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const engine::Tensor& t = tensors[i];
    new_clocks.push_back(clocks.of(t, found[i]->steps, scalars_in(*found[i], t)));
    if (t.row_state) logs[i].emplace(t.program->coefficients_size(), found[i]->steps);
    ours.push_back(states(i));
  }
  for (std::size_t i = 0; i < groups.size(); ++i)
    (rules.empty() ? groups[i].rule : rules[i])
        .program()
        .ask_schedules(std::max<std::int64_t>(last_step - 1, 0));

  // From here on nothing fails. What is shown of a clock goes with it, so that arrays come first.
  for (std::size_t i = 0; i < rules.size(); ++i) groups[i].rule.program().exchange_fields(rules[i].program());
  for (Group& group : groups) group.rule.program().take_answers();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    for (const StateView& view : ours[i]) copy(*view_named(found[i]->state, view.name), view);
    if (logs[i]) tensors[i].row_state->log = std::move(*logs[i]);
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) tensors[i].clock = std::move(new_clocks[i]);
  steps = last_step;
}

}  // namespace gradus
