// The product of square matrices, which is nearly all that Muon does.

#include "gradus/engine/matrix.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace gradus::bench {

namespace {

template <class T>
void multiply(benchmark::State& state) {
  const std::int64_t n = state.range(1);
  const Isa isa = available_isas()[static_cast<std::size_t>(state.range(0))];
  const auto size = static_cast<std::size_t>(n * n);
  std::vector<T> a(size, T(0.5)), b(size, T(0.25)), out(size), panel(engine::multiply_scratch(n));
  while (state.KeepRunning()) {
    engine::multiply<T>(isa, {n, n, a.data()}, {n, n, b.data()}, {n, n, out.data()}, panel.data());
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetLabel(std::string(name_of(isa)));
  state.counters["FLOP"] =
      benchmark::Counter(2.0 * static_cast<double>(n * n * n), benchmark::Counter::kIsIterationInvariantRate);
}

void sizes_on_each_isa(benchmark::internal::Benchmark* family) {
  const auto isas = static_cast<std::int64_t>(available_isas().size());
  family->ArgNames({"isa", "n"})->Unit(benchmark::kMicrosecond);
  for (std::int64_t isa = 0; isa < isas; ++isa)
    for (const std::int64_t n : {128, 512}) family->Args({isa, n});
}

}  // namespace

BENCHMARK(multiply<float>)->Name("multiply/float")->Apply(sizes_on_each_isa);
BENCHMARK(multiply<double>)->Name("multiply/double")->Apply(sizes_on_each_isa);

}  // namespace gradus::bench
