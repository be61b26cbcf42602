#include <numbers>

#include "lab/tasks/kinds.hpp"
#include "lab/tasks/quadratic.hpp"

namespace gradus::lab {
namespace {

/// By 45 degrees: each number then is of both eigenvectors of its plane alike, and rules that scale coordinates
/// find nothing to scale.
std::unique_ptr<Function> make(std::uint64_t seed) {
  return std::make_unique<Quadratic>(std::numbers::sqrt2 / 2, std::numbers::sqrt2 / 2, seed);
}

}  // namespace

const TaskKind kRotatedQuadratic{
    .name = "rotated-quadratic",
    .title = "a quadratic function of condition 10,000 whose eigenvectors lie between the axes",
    .source = "none: a function of 100 numbers",
    .size = "100 numbers",
    .minutes = "less than 1",
    .metric = gap_metric(),
    .budget = {.count = 1000},
    .quick = {.count = 300},
    .looks = 40,
    .batch = 1,
    .schedule = "cosine",
    .target = -4,
    .rules = kUsualRules,
    .takes_model = false,
    .load = [](const TaskSource& source) { return make_function_task(source, make); }};

}  // namespace gradus::lab
