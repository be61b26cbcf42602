#include "lab/race/phased_optimizer.hpp"

#include <algorithm>
#include <cmath>

#include "gradus/core/error.hpp"
#include "gradus/registry.hpp"
#include "lab/race/schedule.hpp"

namespace gradus::lab {
namespace {

double default_rate(const AnyRule& rule) {
  for (const FieldInfo& field : rule.fields())
    if (field.name == "lr") return field.default_value;
  throw Error(std::string(rule.name()) + " has no field lr");
}

/// Each of two rules has a step at least.
std::int64_t switch_step(const TrainingSpec& spec, std::int64_t total_steps) {
  if (spec.phases.size() < 2) return total_steps;
  if (total_steps < 2)
    throw Error("one rule after another (" + spec.phases[0].rule + ">" + spec.phases[1].rule +
                ") takes a training of two steps or more");
  return std::clamp<std::int64_t>(std::llround(spec.switch_at * static_cast<double>(total_steps)), 1,
                                  total_steps - 1);
}

bool is_weight(const std::string& name) { return name.ends_with(".weight"); }

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

PhasedOptimizer::PhasedOptimizer(const Model& model, const TrainingSpec& spec, std::int64_t total_steps)
    : model_(model),
      spec_(spec),
      schedule_(make_schedule(spec.schedule, total_steps)),
      switch_step_(switch_step(spec, total_steps)) {
  begin_phase(0);
}

void PhasedOptimizer::begin_step() {
  if (step_ == switch_step_) {
    optimizer_->evaluate();  // and the parameters stay there
    begin_phase(1);
  }
  optimizer_->zero_grad();
}

StepReport PhasedOptimizer::step() {
  StepReport report = optimizer_->step();
  if (report.status == Status::failed)
    throw Error(spec_.phases[step_ < switch_step_ ? 0 : 1].rule + ": " + report.message);
  ++step_;
  return report;
}

void PhasedOptimizer::begin_phase(std::size_t phase) {
  // The new optimizer counts its steps from 0, the schedule goes on.
  const auto scheduled = [this, start = step_](double lr) {
    return Hyper([lr, start, schedule = schedule_](std::int64_t t) { return lr * schedule(start + t); });
  };
  AnyRule rule = make_rule(spec_.phases[phase].rule, spec_.phases[phase].settings);
  rule.set("lr", scheduled(spec_.lr[phase]));

  libtorch::NamedTensors taken, others;
  const bool matrices_only = rule.program().is_matrix();
  for (const auto& parameter : model_.parameters())
    (matrices_only && parameter.second.dim() < 2 ? others : taken).push_back(parameter);
  OptimizerOptions options;
  options.state = spec_.phases[phase].state;
  options.seed = spec_.seed;
  optimizer_ = std::make_unique<libtorch::Optimizer>(taken, std::move(rule), std::move(options));
  if (others.empty()) return;
  AnyRule fallback = make_rule("adamw");
  fallback.set("lr", scheduled(default_rate(fallback)));
  optimizer_->add_group(others, std::move(fallback));
}

std::vector<std::string> PhasedOptimizer::layers() const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : model_.parameters())
    if (is_weight(name)) names.push_back(name);
  return names;
}

std::vector<Quantiles> PhasedOptimizer::effective_rates() const {
  std::vector<Quantiles> rates;
  const gradus::Optimizer& core = optimizer_->core();
  for (const std::string& name : layers()) rates.push_back(quantiles(core.effective_lr(core.find(name))));
  return rates;
}

}  // namespace gradus::lab
