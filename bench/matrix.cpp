// The product of square matrices, which is nearly all that Muon does.

#include "gradus/engine/matrix.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace gradus::bench {

namespace {

template <class T>
void multiply(benchmark::State& state, Isa isa) {
  const std::int64_t n = state.range(0);
  const auto size = static_cast<std::size_t>(n * n);
  std::vector<T> a(size, T(0.5)), b(size, T(0.25)), out(size), panel(engine::multiply_scratch(n));
  for (auto _ : state) {
    engine::multiply<T>(isa, {n, n, a.data()}, {n, n, b.data()}, {n, n, out.data()}, panel.data());
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.counters["FLOP"] =
      benchmark::Counter(2.0 * static_cast<double>(n * n * n), benchmark::Counter::kIsIterationInvariantRate);
}

template <class T>
void add(const std::string& type, Isa isa) {
  benchmark::RegisterBenchmark(("multiply/" + type + "/" + std::string(name_of(isa))).c_str(),
                               [isa](benchmark::State& state) { multiply<T>(state, isa); })
      ->Arg(128)
      ->Arg(512)
      ->Unit(benchmark::kMicrosecond);
}

const bool registered = [] {
  for (const Isa isa : available_isas()) {
    add<float>("float", isa);
    add<double>("double", isa);
  }
  return true;
}();

}  // namespace

}  // namespace gradus::bench
