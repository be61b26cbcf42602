// Every built-in rule, on all cores and beyond the caches, against the memory traffic of its arrays.

#include <algorithm>
#include <string>

#include "paired.hpp"
#include "problem.hpp"

namespace gradus::bench {

namespace {

constexpr std::int64_t kRows = 2048, kColumns = 2048;
constexpr std::int64_t kRowsOfMatrixRules = 256, kColumnsOfMatrixRules = 512;  // these cost more than traffic

void against_traffic(benchmark::State& state, const std::string& name) {
  const AnyRule rule = make_rule(name);
  const bool matrix = rule.program().is_matrix();
  const Shape shape = matrix ? Shape{kRowsOfMatrixRules, kColumnsOfMatrixRules} : Shape{kRows, kColumns};
  Problem problem({shape}, rule, {.non_finite = NonFinite::propagate, .executor = shared_executor()});
  const Arrays arrays = problem.arrays();
  run_in_turn(state, "rules", {name + (matrix ? ", 256 x 512" : ", 2048 x 2048"), [&] { problem.step(); }},
              {"traffic of its arrays", [&] { move_traffic(*shared_executor(), arrays); }});
}

const bool registered = [] {
  for (const std::string& name : rule_names())
    benchmark::RegisterBenchmark(("rule/" + name).c_str(),
                                 [name](benchmark::State& state) { against_traffic(state, name); })
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
  return true;
}();

}  // namespace

}  // namespace gradus::bench
