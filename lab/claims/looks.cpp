#include "lab/claims/looks.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "lab/sharpness/sharpness.hpp"

namespace gradus::lab {
namespace {

std::vector<double> loss_by_frequency(Problem& problem) {
  std::vector<TargetLoss> losses = problem.losses(Split::test);
  std::map<std::int64_t, std::int64_t> count;
  for (const TargetLoss& each : losses) ++count[each.target];
  std::ranges::stable_sort(losses, std::ranges::greater{}, [&](const TargetLoss& each) {
    return std::pair(count[each.target], each.target);
  });
  std::vector<double> means;
  for (std::size_t quarter = 0; quarter < kQuarters; ++quarter) {
    const std::size_t from = losses.size() * quarter / kQuarters;
    const std::size_t to = losses.size() * (quarter + 1) / kQuarters;
    double sum = 0;
    for (std::size_t i = from; i < to; ++i) sum += losses[i].loss;
    means.push_back(sum / static_cast<double>(to - from));
  }
  return means;
}

std::vector<double> sharpness(Problem& problem) {
  constexpr std::int64_t kExamples = 256;
  const Sharpness found = measure_sharpness(
      problem, kExamples,
      {.worst_steps = 10, .average_draws = 8, .trace_draws = 5, .tolerance = 1e-2, .most_products = 60});
  return {found.loss, found.largest, found.trace.mean, found.worst_rise, found.average_rise.mean};
}

SharpLook look_of(const Run& run, std::size_t look) {
  const std::vector<double>& numbers = run.probed.at(look);
  return {numbers.at(0), numbers.at(1), numbers.at(2),
          numbers.at(3), numbers.at(4), run.test_metric.at(look)};
}

}  // namespace

const Probe kLossByFrequency{"loss by frequency", loss_by_frequency};
const Probe kSharpness{"sharpness over 256", sharpness};

std::optional<SharpLook> at_loss(const Run& run, double loss) {
  for (std::size_t i = 1; i < run.probed.size(); ++i) {
    const SharpLook before = look_of(run, i - 1), after = look_of(run, i);
    if (before.loss <= loss || after.loss > loss) continue;
    const double part = std::log(before.loss / loss) / std::log(before.loss / after.loss);
    const auto between = [part](double a, double b) { return a * std::pow(b / a, part); };
    return SharpLook{.loss = loss,
                     .largest = between(before.largest, after.largest),
                     .trace = between(before.trace, after.trace),
                     .worst_rise = between(before.worst_rise, after.worst_rise),
                     .average_rise = between(before.average_rise, after.average_rise),
                     .test_metric = before.test_metric + part * (after.test_metric - before.test_metric)};
  }
  return std::nullopt;
}

}  // namespace gradus::lab
