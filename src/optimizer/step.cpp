// The step, a transaction; and the points to train and to evaluate at.

#include <algorithm>
#include <cstring>
#include <utility>

#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "optimizer/impl.hpp"

namespace gradus {

namespace {

constexpr std::size_t kMostNamed = 10;  // parameters that a report names

std::vector<std::string> with_rows(std::vector<std::string> names,
                                   const std::vector<std::optional<std::int64_t>>& rows) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (rows[i]) names[i] += " (row " + std::to_string(*rows[i]) + ")";
  return names;
}

std::size_t bytes_of(const engine::Tensor& t) { return t.size * gradus::bytes_of(t.x.dtype); }

}  // namespace

bool Optimizer::Impl::needs_gradient_norm() const {
  return std::any_of(groups.begin(), groups.end(),
                     [](const Group& g) { return g.rule.program().needs_gradient_norm(); });
}

StepReport Optimizer::Impl::step(const StepOptions& step_options) {
  StepReport report;
  if (evaluating)
    throw Error(
        "step() was called between evaluate() and train(): the parameters are where they are evaluated, "
        "not where they are trained; call train() first");
  prepare();
  if (!runner.begin(tensors)) {
    report.status = Status::skipped;
    report.message = "no parameter has a gradient";
    return report;
  }

  gather_rows();
  const double unscale = 1 / step_options.loss_scale;
  if (refuse_gradients(unscale, report)) {
    count_skip(report);
    return report;
  }
  try {
    ask_schedules();
  } catch (const Error& error) {
    report.status = Status::failed;
    report.message = error.what();
    return report;
  }

  // From here on nothing fails.
  for (Group& group : groups) group.rule.program().take_answers();
  runner.step(tensors, report.gradient_norm, options.maximize ? -unscale : unscale);
  ++steps;
  skipped_in_a_row = 0;
  return report;
}

/// Refuses state that is lost.
void Optimizer::Impl::check_files() {
  for (ScratchFile& file : files) file.check();
}

/// Finds what loops over tensors may lack, and refuses arrays that overlap.
void Optimizer::Impl::prepare() {
  check_files();
  if (!planned) runner.plan(tensors);
  planned = true;
  if (!placed)
    if (const std::optional<Overlap> overlap = find_overlap(tensors)) refuse(*overlap);
  placed = true;
}

void Optimizer::Impl::catch_up() {
  if (std::all_of(tensors.begin(), tensors.end(),
                  [](const engine::Tensor& t) { return engine::Rows::elements_to_catch_up(t) == 0; }))
    return;
  prepare();
  runner.catch_up(tensors);
}

void Optimizer::Impl::catch_up(ParameterId id, std::span<const std::int64_t> rows) {
  const engine::Tensor& t = tensor(id);
  prepare();
  try {
    runner.catch_up(t, rows);
  } catch (const Error& error) {
    throw Error("parameter '" + infos[index_of(id)].name + "': " + error.what());
  }
}

void Optimizer::Impl::gather_rows() {
  for (const std::size_t i : runner.with_rows()) {
    try {
      runner.gather_rows(i, tensors[i]);
    } catch (const Error& error) {
      throw Error("parameter '" + infos[i].name + "': " + error.what());
    }
  }
}

void Optimizer::Impl::ask_schedules() {
  for (Group& group : groups) group.rule.program().ask_schedules(steps);
  if (weak_from_this().use_count() == 1)  // the step's own
    throw Error("a schedule has destroyed the optimizer, or moved another into its place");
}

/// Fills in the gradient norm where it is needed. True if
/// the step must not be taken; then the report says why.
bool Optimizer::Impl::refuse_gradients(double factor, StepReport& report) {
  const bool look = options.non_finite != NonFinite::propagate, want_norm = needs_gradient_norm();
  if (!look && !want_norm) return false;
  const engine::Finding finding = runner.inspect(tensors, factor, want_norm);
  report.gradient_norm = finding.norm;
  if (!look) return false;

  const auto first_names = [&](const std::vector<std::size_t>& found) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(found.size(), kMostNamed); ++i)
      names.push_back(infos[found[i]].name);
    return names;
  };
  const auto count = [&](const std::vector<std::size_t>& found) {
    return " in " + std::to_string(found.size()) + " of " + std::to_string(tensors.size()) + " parameters: ";
  };
  report.non_finite = first_names(finding.non_finite);
  report.overflowing = first_names(finding.overflowing);
  if (!report.non_finite.empty()) {
    const char* arithmetic = name_of(tensors[finding.non_finite.front()].arithmetic);
    report.message = "the gradient is not finite" +
                     (finding.given_finite ? std::string(" in ") + arithmetic : " (NaN or infinity)") +
                     count(finding.non_finite) + listed(with_rows(report.non_finite, finding.rows));
    if (options.non_finite == NonFinite::raise) throw Error(report.message);
  } else if (!report.overflowing.empty() && options.overflow == Overflow::skip) {
    report.message =
        "the square of the gradient is not finite" + count(finding.overflowing) + listed(report.overflowing);
  } else {
    return false;
  }
  report.status = Status::skipped;
  return true;
}

void Optimizer::Impl::count_skip(const StepReport& report) {
  ++skipped;
  ++skipped_in_a_row;
  if (options.abort_after > 0 && skipped_in_a_row >= options.abort_after)
    throw Error(report.message + "; skipped in a row: " + std::to_string(skipped_in_a_row) +
                " (abort_after is " + std::to_string(options.abort_after) + ")");
}

// The points to train and to evaluate at

void Optimizer::Impl::evaluate() {
  if (evaluating) return;
  std::vector<std::unique_ptr<Buffer>> points(tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (tensors[i].kernels.evaluation_point != nullptr && tensors[i].size > 0)
      points[i] = std::make_unique<Buffer>(tensors[i].x.dtype, tensors[i].size);
  catch_up();
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (points[i] && tensors[i].clock->t > 0 && tensors[i].clock->sweep.coefficients == nullptr)
      tensors[i].recall_step();
  for (std::size_t i = 0; i < tensors.size(); ++i) {  // nothing fails any more
    engine::Tensor& t = tensors[i];
    if (!points[i]) continue;
    std::memcpy(points[i]->data(), t.x.elements, bytes_of(t));
    if (t.low_half) std::memcpy(points[i]->beside(), t.x.beside, t.size * 2);
    t.training_point = std::move(points[i]);
  }
  engine::Runner::evaluate(tensors);
  evaluating = true;
}

void Optimizer::Impl::train() {
  for (engine::Tensor& t : tensors) {
    if (!t.training_point) continue;
    std::memcpy(t.x.elements, t.training_point->data(), bytes_of(t));
    if (t.low_half) std::memcpy(t.x.beside, t.training_point->beside(), t.size * 2);
    t.training_point.reset();
  }
  evaluating = false;
}

}  // namespace gradus
