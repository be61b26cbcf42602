#include "lab/minima/minima.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <utility>

#include "gradus/core/error.hpp"
#include "lab/minima/stability.hpp"
#include "lab/race/schedule.hpp"
#include "lab/race/train.hpp"
#include "lab/sharpness/lanczos.hpp"
#include "lab/sharpness/operator.hpp"

namespace gradus::lab {
namespace {

constexpr Axis kAlong{.from = -0.25, .to = 1.25, .points = 61};
constexpr Axis kAcross{.from = -0.5, .to = 1.5, .points = 25}, kAside{.from = -0.5, .to = 0.5, .points = 17};
constexpr LanczosOptions kOfLooks{.tolerance = 0.01};

/// A landscape that throws Stopped once the user wants no more of it.
class Stoppable final : public Landscape {
 public:
  Stoppable(std::unique_ptr<Landscape> landscape, const std::atomic<bool>& stop)
      : landscape_(std::move(landscape)), stop_(stop) {}

  [[nodiscard]] std::size_t size() const override { return landscape_->size(); }
  [[nodiscard]] std::vector<double> point() const override { return landscape_->point(); }
  double loss(std::span<const double> x) override { return unless_stopped().loss(x); }
  void gradient(std::span<const double> x, std::span<double> g) override { unless_stopped().gradient(x, g); }
  void hessian_times(std::span<const double> x, std::span<const double> v, std::span<double> hv) override {
    unless_stopped().hessian_times(x, v, hv);
  }

 private:
  Landscape& unless_stopped() {
    if (stop_) throw Stopped();
    return *landscape_;
  }

  std::unique_ptr<Landscape> landscape_;
  const std::atomic<bool>& stop_;
};

double largest_eigenvalue(const Operator& matrix, std::size_t size) {
  return largest_eigenpairs(matrix, size, kOfLooks).pairs[0].value;
}

/// Of P^-1 H for a rule that moves element i by lr / P_i; NaN where it is none such, or moves all by one
/// rate.
double preconditioned_eigenvalue(const Operator& hessian, double lr, const std::vector<double>& rates) {
  if (std::ranges::adjacent_find(rates, std::not_equal_to<>()) == rates.end()) return kNotMeasured;
  std::vector<double> p;
  for (const double rate : rates) p.push_back(lr / rate);
  const auto is_sound = [](double number) { return number > 0 && std::isfinite(number); };
  if (!std::ranges::all_of(p, is_sound)) return kNotMeasured;
  return largest_eigenvalue(preconditioned(hessian, p), p.size());
}

class Study {
 public:
  Study(const MinimaOptions& options, const Task& task, const std::atomic<bool>& stop)
      : options_(options), task_(task), stop_(stop), looks_(even_looks(options.steps, options.looks)) {
    looks_.insert(looks_.begin(), 0);
    for (const EntrySpec& entry : options.entries) {
      if (entry.phases.size() > 1)
        throw Error(fmt::format("'{}': what is measured is where one rule arrives", entry.text));
      arrivals_.push_back({.minimum = {.rule = entry.text, .label = entry.label}});
    }
  }

  MinimaResults run(RaceObserver& observer) {
    const auto start = std::chrono::steady_clock::now();
    const RaceResults race = run_race(race_options(), trainer(), observer, stop_);
    if (race.interrupted) throw Stopped();
    MinimaResults results;
    for (std::size_t i = 0; i < arrivals_.size(); ++i)
      conclude(arrivals_[i].minimum, race.entries[i].runs[0]);
    results.slices = slices();
    for (Arrival& arrival : arrivals_) results.minima.push_back(std::move(arrival.minimum));
    results.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return results;
  }

 private:
  struct Arrival {
    Minimum minimum;
    std::vector<double> at = {};
  };

  /// One with nothing to tune, a single seed, and an exam at the end alone.
  [[nodiscard]] RaceOptions race_options() const {
    return {.schedule = options_.schedule,
            .entries = options_.entries,
            .tuning = {.tuned = {}, .steps = options_.steps},
            .seeds = {options_.seed},
            .steps = options_.steps,
            .looks = {options_.steps},
            .batch = options_.batch,
            .threads = options_.threads};
  }

  [[nodiscard]] Trainer trainer() {
    return [this](const TrainingSpec& spec, const TrainingWatch& watch) {
      Arrival& arrival = *std::ranges::find(arrivals_, spec.phases[0].text,
                                            [](const Arrival& each) { return each.minimum.rule; });
      return train(spec, task_, watch,
                   [&](std::int64_t steps_done, Problem& problem, PhasedOptimizer& optimizer) {
                     if (std::ranges::binary_search(looks_, steps_done))
                       visit(arrival, spec, steps_done, problem, optimizer);
                   });
    };
  }

  void visit(Arrival& arrival, const TrainingSpec& spec, std::int64_t steps_done, Problem& problem,
             PhasedOptimizer& optimizer) const {
    optimizer.evaluate();
    Stoppable landscape(landscape_of(problem, options_.examples), stop_);
    try {
      look(arrival, spec, steps_done, landscape, optimizer.all_effective_rates());
    } catch (const Error&) {
      if (steps_done == 0) throw;       // it is the task's fault
      arrival.minimum.diverged = true;  // what could be measured at first is no number now
    }
    optimizer.train();
  }

  static void look(Arrival& arrival, const TrainingSpec& spec, std::int64_t steps_done, Landscape& landscape,
                   const std::vector<double>& rates) {
    Minimum& minimum = arrival.minimum;
    const AnyRule rule = rule_at(spec.phases[0], spec.points[0]);
    const std::int64_t step = std::max<std::int64_t>(steps_done - 1, 0);
    minimum.lr = spec.points[0].at("lr");
    const double lr = minimum.lr * make_schedule(spec.schedule, spec.steps)(step);
    const Stability stability = stability_of(rule, lr);
    minimum.bounds_preconditioned = stability.preconditioned;
    arrival.at = landscape.point();
    const Operator matrix = hessian(landscape, arrival.at);
    const bool is_last = steps_done == spec.steps;
    if (is_last) minimum.sharpness = measure_sharpness(landscape, arrival.at);
    minimum.looks.push_back(
        {.step = steps_done,
         .loss = landscape.loss(arrival.at),
         .largest = is_last ? minimum.sharpness.largest : largest_eigenvalue(matrix, landscape.size()),
         .preconditioned = preconditioned_eigenvalue(matrix, lr, rates),
         .bound = stability.bound});
  }

  static void conclude(Minimum& minimum, const Run& run) {
    minimum.diverged = minimum.diverged || run.diverged;
    if (minimum.diverged) return;
    minimum.validation_metric = run.validation_metric.back();
    minimum.test_metric = run.final_test_metric;
    minimum.test_loss = run.final_test_loss;
  }

  [[nodiscard]] Slices slices() const {
    std::vector<const Arrival*> ends;
    for (const Arrival& arrival : arrivals_)
      if (!arrival.minimum.diverged) ends.push_back(&arrival);
    if (ends.empty()) return {};
    const std::unique_ptr<Problem> problem = task_.begin(options_.seed, options_.batch);
    Stoppable landscape(landscape_of(*problem, options_.examples), stop_);
    if (ends.size() > 1) return between(landscape, problem->parameters(), *ends[0], *ends[1]);
    const Arrival start{.minimum = {.label = "the start"}, .at = landscape.point()};
    return between(landscape, problem->parameters(), start, *ends[0]);
  }

  [[nodiscard]] Slices between(Landscape& landscape, const Parameters& parameters, const Arrival& a,
                               const Arrival& b) const {
    const Plane plane = plane_through(a.at, b.at, parameters, options_.seed);
    return {.from = a.minimum.label,
            .to = b.minimum.label,
            .line = loss_along_line(landscape, a.at, b.at, kAlong),
            .plane = loss_over_plane(landscape, plane, kAcross, kAside)};
  }

  const MinimaOptions& options_;
  const Task& task_;
  const std::atomic<bool>& stop_;
  std::vector<std::int64_t> looks_;  // the start is one
  std::vector<Arrival> arrivals_;
};

}  // namespace

MinimaResults measure_minima(const MinimaOptions& options, const Task& task, RaceObserver& observer,
                             const std::atomic<bool>& stop) {
  return Study(options, task, stop).run(observer);
}

}  // namespace gradus::lab
