#include "lab/tasks/quadratic.hpp"

#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

std::unique_ptr<Function> make(std::uint64_t seed) { return std::make_unique<Quadratic>(1, 0, seed); }

}  // namespace

const TaskKind kQuadratic{.name = "quadratic",
                          .title = "a quadratic function of condition 10,000 whose eigenvectors are the axes",
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
