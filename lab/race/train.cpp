#include "lab/race/train.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "lab/models/model.hpp"
#include "lab/race/phased_optimizer.hpp"

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

/// The mean without the slowest twentieth: there the system did something else. NaN if there are none.
double usual_seconds(std::vector<double> times) {
  if (times.empty()) return kNotMeasured;
  std::ranges::sort(times);
  times.resize(times.size() - times.size() / 20);
  return std::accumulate(times.begin(), times.end(), 0.0) / static_cast<double>(times.size());
}

struct Exam {
  double loss = 0;
  double accuracy = 0;
};

Exam examine(const Model& model, const Examples& examples) {
  constexpr std::int64_t kAtOnce = 1000;
  const at::NoGradGuard no_grad;
  double loss = 0, right = 0;
  for (std::int64_t from = 0; from < examples.size(); from += kAtOnce) {
    const std::int64_t to = std::min(from + kAtOnce, examples.size());
    const at::Tensor labels = examples.labels.slice(0, from, to);
    const at::Tensor scores = model.scores(examples.images.slice(0, from, to));
    loss += at::cross_entropy_loss(scores, labels, {}, at::Reduction::Sum).item<double>();
    right += scores.argmax(1).eq(labels).sum().item<double>();
  }
  const auto n = static_cast<double>(examples.size());
  return {loss / n, right / n};
}

class Training {
 public:
  Training(const TrainingSpec& spec, const Dataset& data, const TrainingWatch& watch)
      : spec_(spec),
        data_(data),
        watch_(watch),
        model_(make_model(spec.model, {data.train.images.size(2), data.train.images.size(3)}, spec.seed)),
        batches_(data.train.size() / spec.batch),
        order_(at::detail::createCPUGenerator(~spec.seed)),  // another stream than the initial parameters'
        optimizer_(*model_, spec, batches_ * spec.epochs) {}

  TrainingRecord run() {
    const Stopwatch stopwatch;
    if (spec_.with_test)
      for (const std::string& layer : optimizer_.layers()) record_.effective_rates.push_back({layer, {}});
    for (int epoch = 0; epoch < spec_.epochs && run_epoch(epoch); ++epoch) examine_epoch(epoch);
    record_.optimizer_step_seconds = usual_seconds(step_seconds_);
    drop_unmeasured_rates();
    record_.seconds = stopwatch.seconds();
    return std::move(record_);
  }

 private:
  /// False if it was not run to its end.
  bool run_epoch(int epoch) {
    const at::Tensor order = at::randperm(data_.train.size(), order_, at::kLong);
    double sum = 0;
    for (std::int64_t batch = 0; batch < batches_; ++batch) {
      const double loss = run_batch(order.slice(0, batch * spec_.batch, (batch + 1) * spec_.batch));
      if (record_.diverged) return false;
      sum += loss;
      const double done = epoch + static_cast<double>(batch + 1) / static_cast<double>(batches_);
      if (!watch_({done, loss})) {
        record_.stopped = true;
        return false;
      }
    }
    record_.train_loss.push_back(sum / static_cast<double>(batches_));
    return true;
  }

  double run_batch(const at::Tensor& indices) {
    optimizer_.begin_step();
    const at::Tensor loss =
        at::cross_entropy_loss(model_->scores(data_.train.images.index_select(0, indices)),
                               data_.train.labels.index_select(0, indices));
    const double value = loss.item<double>();
    record_.diverged = !std::isfinite(value);
    if (record_.diverged) return value;
    loss.backward();
    const Stopwatch stopwatch;
    record_.diverged = optimizer_.step().status != Status::applied;
    step_seconds_.push_back(stopwatch.seconds());
    return value;
  }

  void examine_epoch(int epoch) {
    const bool last = epoch + 1 == spec_.epochs;
    if (!spec_.with_test && !last) return;
    optimizer_.evaluate();
    const Exam validation = examine(*model_, data_.validation);
    record_.validation_loss.push_back(validation.loss);
    record_.validation_accuracy.push_back(validation.accuracy);
    if (spec_.with_test) test_epoch(last);
    optimizer_.train();
  }

  void test_epoch(bool last) {
    const Exam test = examine(*model_, data_.test);
    record_.test_accuracy.push_back(test.accuracy);
    if (last) record_.final_test_loss = test.loss;
    const std::vector<Quantiles> rates = optimizer_.effective_rates();
    for (std::size_t i = 0; i < rates.size(); ++i) record_.effective_rates[i].by_epoch.push_back(rates[i]);
  }

  /// Rules without effective learning rates leave nothing behind.
  void drop_unmeasured_rates() {
    for (const LayerRates& layer : record_.effective_rates)
      for (const Quantiles& quantiles : layer.by_epoch)
        if (!std::isnan(quantiles.front())) return;
    record_.effective_rates.clear();
  }

  const TrainingSpec& spec_;
  const Dataset& data_;
  const TrainingWatch& watch_;
  std::unique_ptr<Model> model_;
  std::int64_t batches_;
  at::Generator order_;
  PhasedOptimizer optimizer_;
  TrainingRecord record_;
  std::vector<double> step_seconds_;
};

}  // namespace

TrainingRecord train(const TrainingSpec& spec, const Dataset& data, const TrainingWatch& watch) {
  at::set_num_threads(1);
  return Training(spec, data, watch).run();
}

}  // namespace gradus::lab
