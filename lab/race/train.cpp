#include "lab/race/train.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

namespace gradus::lab {
namespace {

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// What steps take, of however many by some thousands of them: of the first, then of every second, every fourth, …
class StepTimes {
 public:
  void add(double seconds) {
    if (seen_++ % stride_ != 0) return;
    times_.push_back(seconds);
    if (times_.size() < kMost) return;
    for (std::size_t i = 0; i < kMost / 2; ++i) times_[i] = times_[2 * i];
    times_.resize(kMost / 2);
    stride_ *= 2;
  }

  /// The mean without the slowest twentieth: there the system did something else. NaN if there are none.
  [[nodiscard]] double usual() const {
    if (times_.empty()) return kNotMeasured;
    std::vector<double> times = times_;
    std::ranges::sort(times);
    times.resize(times.size() - times.size() / 20);
    return std::accumulate(times.begin(), times.end(), 0.0) / static_cast<double>(times.size());
  }

 private:
  static constexpr std::size_t kMost = 8192;
  std::vector<double> times_;
  std::int64_t seen_ = 0, stride_ = 1;
};

/// How far the parameters' last step went beside where they are.
double update_ratio(const std::vector<double>& before, const std::vector<double>& after) {
  double update = 0, weight = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    update += (after[i] - before[i]) * (after[i] - before[i]);
    weight += before[i] * before[i];
  }
  return weight > 0 ? std::sqrt(update / weight) : kNotMeasured;
}

class Training {
 public:
  Training(const TrainingSpec& spec, const Task& task, const TrainingWatch& watch, const TrainingVisit& visit)
      : spec_(spec),
        watch_(watch),
        visit_(visit),
        problem_(task.begin(spec.seed, spec.batch)),
        optimizer_(*problem_, spec) {}

  TrainingRecord run() {
    const Stopwatch stopwatch;
    if (spec_.is_final)
      for (const std::string& layer : optimizer_.layers()) record_.layers.push_back({layer, {}, {}});
    std::int64_t from = 0;
    show(0);
    for (const std::int64_t look : spec_.looks) {
      if (!run_to(look, from)) break;
      examine(look == spec_.steps);
      from = look;
    }
    record_.optimizer_step_seconds = step_times_.usual();
    record_.seconds = stopwatch.seconds();
    return std::move(record_);
  }

 private:
  /// False if it did not get there.
  bool run_to(std::int64_t look, std::int64_t from) {
    const Stopwatch stopwatch;
    double sum = 0;
    for (std::int64_t step = from + 1; step <= look; ++step) {
      const double loss = take_step(step == look && spec_.is_final);
      if (record_.diverged) return false;
      sum += loss;
      show(step);
      if (!watch_({step, loss})) {
        record_.stopped = true;
        return false;
      }
    }
    train_seconds_ += stopwatch.seconds();
    record_.train_loss.push_back(sum / static_cast<double>(look - from));
    return true;
  }

  double take_step(bool measured) {
    optimizer_.begin_step();
    const double loss = problem_->loss_and_gradient();
    record_.diverged = !std::isfinite(loss);
    if (record_.diverged) return loss;
    std::vector<std::vector<double>> before;
    if (measured)
      for (const LayerSteps& layer : record_.layers) before.push_back(problem_->values(layer.layer));
    const Stopwatch stopwatch;
    record_.diverged = optimizer_.step().status != Status::applied;
    problem_->project();
    step_times_.add(stopwatch.seconds());
    for (std::size_t i = 0; i < before.size(); ++i)
      record_.layers[i].update_ratios.push_back(
          update_ratio(before[i], problem_->values(record_.layers[i].layer)));
    return loss;
  }

  void show(std::int64_t steps_done) {
    if (visit_) visit_(steps_done, *problem_, optimizer_);
  }

  void examine(bool last) {
    if (!spec_.is_final && !last) return;
    optimizer_.evaluate();
    const Exam validation = problem_->examine(Split::validation);
    record_.validation_loss.push_back(validation.loss);
    record_.validation_metric.push_back(validation.metric);
    if (spec_.is_final) test(last);
    optimizer_.train();
  }

  void test(bool last) {
    const Exam test = problem_->examine(Split::test);
    record_.test_metric.push_back(test.metric);
    record_.train_seconds.push_back(train_seconds_);
    if (last) record_.final_test_loss = test.loss;
    if (spec_.probe != nullptr) record_.probed.push_back(spec_.probe->numbers(*problem_));
    const std::vector<Quantiles> rates = optimizer_.effective_rates();
    for (std::size_t i = 0; i < rates.size(); ++i) record_.layers[i].effective_rates.push_back(rates[i]);
  }

  const TrainingSpec& spec_;
  const TrainingWatch& watch_;
  const TrainingVisit& visit_;
  std::unique_ptr<Problem> problem_;
  PhasedOptimizer optimizer_;
  TrainingRecord record_;
  double train_seconds_ = 0;
  StepTimes step_times_;
};

}  // namespace

std::vector<std::int64_t> even_looks(std::int64_t steps, std::int64_t count) {
  std::vector<std::int64_t> looks;
  for (std::int64_t i = 1; i <= count; ++i)
    if (const std::int64_t look = steps * i / count; look > (looks.empty() ? 0 : looks.back()))
      looks.push_back(look);
  return looks;
}

TrainingRecord train(const TrainingSpec& spec, const Task& task, const TrainingWatch& watch,
                     const TrainingVisit& visit) {
  return Training(spec, task, watch, visit).run();
}

}  // namespace gradus::lab
