// Products of square matrices, which are nearly all that Muon does; and Muon.

#include "gradus/engine/matrix.hpp"

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "blas.hpp"
#include "paired.hpp"
#include "problem.hpp"

namespace gradus::bench {

namespace {

/// Two square matrices, their product, and who computes it.
template <class T>
class Squares {
 public:
  Squares(std::int64_t n, Isa isa, std::size_t threads)
      : n_(n),
        isa_(isa),
        crew_(threads > 1 ? std::make_shared<ThreadPool>(threads) : nullptr),
        a_(static_cast<std::size_t>(n * n), T(0.5)),
        b_(a_.size(), T(0.25)),
        out_(a_.size()),
        scratch_(engine::multiply_scratch(n, n)) {}

  void multiply() { engine::multiply<T>(isa_, crew_, a(), b(), out(), scratch_); }
  void multiply_symmetric() { engine::multiply_symmetric<T>(isa_, crew_, a(), {a(), true}, out(), scratch_); }
  void multiply_by(Gemm gemm) { gemm(n_, a_.data(), b_.data(), false, out_.data()); }

 private:
  engine::MatrixView<const T> a() { return {n_, n_, a_.data()}; }
  engine::MatrixView<const T> b() { return {n_, n_, b_.data()}; }
  engine::MatrixView<T> out() { return {n_, n_, out_.data()}; }

  std::int64_t n_;
  Isa isa_;
  engine::Crew crew_;
  std::vector<T> a_, b_, out_, scratch_;
};

template <class T>
void multiply(benchmark::State& state) {
  const Isa isa = available_isas()[static_cast<std::size_t>(state.range(0))];
  const std::int64_t n = state.range(1);
  Squares<T> squares(n, isa, 1);
  while (state.KeepRunning()) squares.multiply();
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

std::string name_of_product(const char* what, const benchmark::State& state) {
  return std::string("product/") + what + "/" + std::to_string(state.range(0));
}

void against_openblas(benchmark::State& state) {
  const Gemm gemm = openblas_sgemm();
  if (gemm == nullptr) return state.SkipWithError("no libopenblas.so.0");
  Squares<float> squares(state.range(0), choose_isa(), 1);
  run_in_turn(state, "products", {name_of_product("one core", state), [&] { squares.multiply(); }},
              {"sgemm of OpenBLAS", [&] { squares.multiply_by(gemm); }}, {.least_ratio = 0.7});
}

void on_all_cores(benchmark::State& state) {
  Squares<float> alone(state.range(0), choose_isa(), 1),
      together(state.range(0), choose_isa(), shared_executor()->threads());
  run_in_turn(state, "products", {name_of_product("all cores", state), [&] { together.multiply(); }},
              {"the same on one core", [&] { alone.multiply(); }}, {.least_ratio = 1.8});
}

void symmetric(benchmark::State& state) {
  Squares<float> squares(state.range(0), choose_isa(), 1);
  run_in_turn(state, "products", {name_of_product("symmetric", state), [&] { squares.multiply_symmetric(); }},
              {"any product", [&] { squares.multiply(); }});
}

/// As torch.optim.Muon does them, in float: three products an iteration.
void muon(benchmark::State& state, const char* rule) {
  const Gemm gemm = openblas_sgemm();
  if (gemm == nullptr) return state.SkipWithError("no libopenblas.so.0");
  const std::int64_t n = state.range(0);
  Problem problem({{n, n}}, make_rule(rule), {});
  std::vector<float> x(static_cast<std::size_t>(n * n), 1e-3F), gram(x.size()), square(x.size());
  run_in_turn(state, "products", {std::string(rule) + "/" + std::to_string(n), [&] { problem.step(); }},
              {"its products by OpenBLAS, one core", [&] {
                 for (int i = 0; i < 5; ++i) {
                   gemm(n, x.data(), x.data(), true, gram.data());
                   gemm(n, gram.data(), gram.data(), false, square.data());
                   gemm(n, square.data(), x.data(), false, gram.data());
                 }
               }});
}

void large_sizes(benchmark::internal::Benchmark* family) {
  family->ArgName("n")->UseManualTime()->Unit(benchmark::kMicrosecond);
  for (const std::int64_t n : {512, 1024, 2048}) family->Arg(n);
}

}  // namespace

BENCHMARK(multiply<float>)->Name("multiply/float")->Apply(sizes_on_each_isa);
BENCHMARK(multiply<double>)->Name("multiply/double")->Apply(sizes_on_each_isa);
BENCHMARK(against_openblas)->Name("product/openblas")->Apply(large_sizes);
BENCHMARK(on_all_cores)->Name("product/all_cores")->Apply(large_sizes);
BENCHMARK(symmetric)->Name("product/symmetric")->Apply(large_sizes);
BENCHMARK_CAPTURE(muon, float, "muon")->UseManualTime()->Unit(benchmark::kMicrosecond)->Arg(256)->Arg(1024);
BENCHMARK_CAPTURE(muon, bfloat16, "muon_bfloat16")
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond)
    ->Arg(256)
    ->Arg(1024);

}  // namespace gradus::bench
