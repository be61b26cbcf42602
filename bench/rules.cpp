// Elements a second of every built-in rule, on all cores and beyond the caches.

#include <algorithm>
#include <string>

#include "paired.hpp"
#include "problem.hpp"

namespace gradus::bench {

namespace {

constexpr std::int64_t kRows = 2048, kColumns = 2048;
constexpr std::int64_t kRowsOfMatrixRules = 256, kColumnsOfMatrixRules = 512;  // these cost more than traffic

void elements_a_second(benchmark::State& state, const std::string& name) {
  const AnyRule rule = make_rule(name);
  const bool matrix = rule.program().is_matrix();
  const Shape shape = matrix ? Shape{kRowsOfMatrixRules, kColumnsOfMatrixRules} : Shape{kRows, kColumns};
  Problem problem({shape}, rule, {.non_finite = NonFinite::propagate});
  while (state.KeepRunning()) problem.step();
  state.counters["elements"] =
      benchmark::Counter(static_cast<double>(problem.size()), benchmark::Counter::kIsIterationInvariantRate);
}

const bool registered = [] {
  for (const std::string& name : rule_names())
    benchmark::RegisterBenchmark(("rule/" + name).c_str(),
                                 [name](benchmark::State& state) { elements_a_second(state, name); })
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
  return true;
}();

}  // namespace

}  // namespace gradus::bench
