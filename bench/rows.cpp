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
  Table table(kRows, kColumns, rule, {.non_finite = look ? NonFinite::skip : NonFinite::propagate});
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

/// A table of a quarter of the rows, whose steps touch other ones each time: eight sets of rows in turn.
class Lookups {
 public:
  explicit Lookups(RowSteps row_steps)
      : table_(kRows / 4, kColumns, Adam{}, {.state = {.row_steps = row_steps}}) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) sets_.push_back(distinct_rows(kRows / 4, kMoved, seed));
    for (std::size_t i = 0; i < sets_.size(); ++i) step();
  }
  void step() {
    table_.give(sets_[turn_++ % sets_.size()]);
    table_.step();
  }

 private:
  Table table_;
  std::vector<std::vector<std::int64_t>> sets_;
  std::size_t turn_ = 0;
};

void against_shared_steps(benchmark::State& state, RowSteps row_steps, const char* which) {
  Lookups lookups(row_steps), shared(RowSteps::shared);
  run_in_turn(state, "rows",
              {std::string("100,000 rows of 1M x 64, adam, ") + which, [&] { lookups.step(); }},
              {"the same, shared steps", [&] { shared.step(); }}, {});
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
  add("rows/adam/own",
      [](benchmark::State& state) { against_shared_steps(state, RowSteps::own, "own steps"); });
  add("rows/adam/caught_up",
      [](benchmark::State& state) { against_shared_steps(state, RowSteps::caught_up, "caught up"); });
  return true;
}();

}  // namespace

}  // namespace gradus::bench
