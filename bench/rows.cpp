// Steps of some rows of a large table, against a loop that only moves those rows.

#include <memory>
#include <string>

#include "gradus/states/buffer.hpp"
#include "paired.hpp"
#include "table.hpp"

namespace gradus::bench {

namespace {

constexpr std::int64_t kRows = std::int64_t{4} << 20, kColumns = 64;
constexpr std::size_t kMoved = 100'000;

/// `look`: at the gradient, before anything moves, which the traffic has not.
void against_traffic(benchmark::State& state, const AnyRule& rule, double least_ratio, bool look = false) {
  Table table(kRows, kColumns, rule, look ? NonFinite::skip : NonFinite::propagate);
  table.give(distinct_rows(kRows, kMoved));
  run_in_turn(state, "rows",
              {"100,000 rows of 4M x 64, " + std::string(rule.name()) + (look ? ", skip" : ", propagate"),
               [&] { table.step(); }},
              {"traffic of these rows", [&] { table.move_traffic(); }}, {.least_ratio = least_ratio});
}

/// Lookups as they come: skewed, in any order.
void as_they_come(benchmark::State& state, const AnyRule& rule) {
  Table given(kRows, kColumns, rule);
  given.give(skewed_rows(kRows, kMoved));
  Table distinct(kRows, kColumns, rule);
  distinct.give(distinct_rows(kRows, kMoved));
  run_in_turn(state, "rows", {"100,000 skewed lookups, " + std::string(rule.name()), [&] { given.step(); }},
              {"as many distinct rows", [&] { distinct.step(); }}, {});
}

const bool registered = [] {
  const auto add = [](const char* name, auto f) {
    benchmark::RegisterBenchmark(name, f)->UseManualTime()->Unit(benchmark::kMicrosecond);
  };
  add("rows/adam", [](benchmark::State& state) { against_traffic(state, Adam{}, 0.95); });
  add("rows/adam/skip", [](benchmark::State& state) { against_traffic(state, Adam{}, 0, true); });
  add("rows/adagrad", [](benchmark::State& state) { against_traffic(state, AdaGrad{}, 0.95); });
  add("rows/rowwise_adagrad", [](benchmark::State& state) { against_traffic(state, RowwiseAdaGrad{}, 0.9); });
  add("rows/adam/as_they_come", [](benchmark::State& state) { as_they_come(state, Adam{}); });
  add("rows/adagrad/as_they_come", [](benchmark::State& state) { as_they_come(state, AdaGrad{}); });
  return true;
}();

}  // namespace

}  // namespace gradus::bench
