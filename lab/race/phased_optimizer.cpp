#include "lab/race/phased_optimizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gradus/core/error.hpp"
#include "gradus/core/number_text.hpp"
#include "gradus/registry.hpp"
#include "lab/race/rules.hpp"
#include "lab/race/schedule.hpp"

namespace gradus::lab {
namespace {

constexpr const char* kCompanion = "adamw";  // of matrix rules, for parameters that are no matrices

double value_of(const AnyRule& rule, std::string_view field) {
  for (const FieldInfo& info : rule.fields())
    if (info.name == field) return info.value;
  throw Error(fmt::format("{} has no hyperparameter {}", rule.name(), field));
}

/// Each of two rules has a step at least.
std::int64_t switch_step(const TrainingSpec& spec) {
  if (spec.phases.size() < 2) return spec.steps;
  if (spec.steps < 2)
    throw Error("one rule after another (" + spec.phases[0].rule + ">" + spec.phases[1].rule +
                ") takes a training of two steps or more");
  return std::clamp<std::int64_t>(std::llround(spec.switch_at * static_cast<double>(spec.steps)), 1,
                                  spec.steps - 1);
}

Quantiles quantiles(std::vector<double> values) {
  Quantiles result;
  result.fill(kNotMeasured);
  if (values.empty()) return result;
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto rank = static_cast<std::ptrdiff_t>(
        std::lround(kQuantilePercents[i] / 100.0 * static_cast<double>(values.size() - 1)));
    std::nth_element(values.begin(), values.begin() + rank, values.end());
    result[i] = values[static_cast<std::size_t>(rank)];
  }
  return result;
}

}  // namespace

PhasedOptimizer::PhasedOptimizer(Problem& problem, const TrainingSpec& spec)
    : problem_(problem),
      spec_(spec),
      schedule_(make_schedule(spec.schedule, spec.steps)),
      switch_step_(switch_step(spec)) {
  begin_phase(0);
}

void PhasedOptimizer::begin_step() {
  if (step_ == switch_step_) {
    mover_->evaluate();  // and the parameters stay there
    begin_phase(1);
  }
  mover_->forget_gradient();
}

StepReport PhasedOptimizer::step() {
  StepReport report = mover_->step();
  if (report.status == Status::failed)
    throw Error(spec_.phases[step_ < switch_step_ ? 0 : 1].rule + ": " + report.message);
  ++step_;
  return report;
}

void PhasedOptimizer::begin_phase(std::size_t phase) {
  // The new optimizer counts its steps from 0, the schedule goes on.
  const auto schedule_rate = [this, start = step_](AnyRule& rule) {
    rule.set("lr", Hyper([lr = value_of(rule, "lr"), start, schedule = schedule_](std::int64_t t) {
               return lr * schedule(start + t);
             }));
  };
  AnyRule rule = rule_at(spec_.phases[phase], spec_.points[phase]);
  schedule_rate(rule);
  Part taken{{}, std::move(rule)}, others{{}, make_rule(kCompanion)};
  schedule_rate(others.rule);
  const bool matrices_only = taken.rule.program().is_matrix();
  for (const auto& [name, shape] : problem_.parameters())
    (matrices_only && shape.size() < 2 ? others : taken).parameters.push_back(name);
  if (taken.parameters.empty())
    throw Error(spec_.phases[phase].rule + " takes matrices only, and the task has none");
  OptimizerOptions options;
  options.state = spec_.phases[phase].state;
  options.seed = spec_.seed;
  std::vector<Part> parts{std::move(taken)};
  if (!others.parameters.empty()) parts.push_back(std::move(others));
  mover_.reset();
  mover_ = problem_.mover(std::move(parts), std::move(options));
}

std::vector<std::string> PhasedOptimizer::layers() const {
  std::vector<std::string> all, weights;
  for (const auto& [name, shape] : problem_.parameters()) {
    all.push_back(name);
    if (name.ends_with(".weight")) weights.push_back(name);
  }
  return weights.empty() ? all : weights;
}

std::vector<Quantiles> PhasedOptimizer::effective_rates() const {
  std::vector<Quantiles> rates;
  const Optimizer& core = mover_->core();
  for (const std::string& name : layers()) rates.push_back(quantiles(core.effective_lr(core.find(name))));
  return rates;
}

std::vector<double> PhasedOptimizer::all_effective_rates() const {
  std::vector<double> all;
  const Optimizer& core = mover_->core();
  for (const auto& [name, shape] : problem_.parameters()) {
    const std::vector<double> rates = core.effective_lr(core.find(name));
    if (rates.empty()) return {};
    all.insert(all.end(), rates.begin(), rates.end());
  }
  return all;
}

AnyRule rule_at(const PhaseSpec& phase, const Point& point) {
  AnyRule rule = raced_rule(phase.rule, phase.settings);
  for (const auto& [name, value] : point) rule.set(name, value);
  return rule;
}

std::string companion_of(const AnyRule& rule) {
  if (!rule.program().is_matrix()) return "";
  return fmt::format("{} with lr {}, not tuned, moves what has fewer than two dimensions", kCompanion,
                     number_text(value_of(make_rule(kCompanion), "lr")));
}

}  // namespace gradus::lab
