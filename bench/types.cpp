// AdamW with arrays kept in fewer bits, each against the memory
// traffic of its own bytes; and what zero gradients cost.

#include <memory>
#include <string>

#include "paired.hpp"
#include "problem.hpp"

namespace gradus::bench {

namespace {

/// How a step keeps its arrays.
struct Kept {
  const char* name;
  Types types;
  StateOptions state;
  double least_ratio;  ///< to the traffic of as many bytes
};

const Kept kFloat{"float32", {}, {}, 0.97};
const Kept kSmallParameters{"bf16 x g, float32 m v", {Dtype::bf16, Dtype::bf16}, {}, 0.92};
const Kept kDrawnParameters{
    "the same, x drawn", {Dtype::bf16, Dtype::bf16}, {.parameter_rounding = Rounding::stochastic}, 0.92};
const Kept kHalves{"x in 16+16 bits, bf16 g m v",
                   {Dtype::bf16, Dtype::bf16},
                   {.dtype = State::bf16, .keep_low_half = true},
                   0.92};
const Kept kAllSmall{"bf16 x g m v, drawn",
                     {Dtype::bf16, Dtype::bf16},
                     {.dtype = State::bf16, .parameter_rounding = Rounding::stochastic},
                     0.85};
const Kept kEight{"float32 x g, 8-bit m v, drawn", {}, {.dtype = State::block8}, 0};

Problem problem_of(const Kept& kept) {
  return {flat(64 * kMillion),
          AdamW{},
          {.non_finite = NonFinite::propagate, .executor = shared_executor(), .state = kept.state},
          kept.types};
}

std::string name_of(const Kept& kept) { return std::string("64M, ") + kept.name; }

void against_traffic(benchmark::State& state, const Kept& kept) {
  Problem problem = problem_of(kept);
  const Arrays arrays = problem.arrays();
  run_in_turn(state, "types", {name_of(kept), [&] { problem.step(); }},
              {"traffic of its bytes", [&] { move_traffic(*shared_executor(), arrays); }},
              {.least_ratio = kept.least_ratio});
}

void against_float(benchmark::State& state) {
  Problem small = problem_of(kEight), plain = problem_of(kFloat);
  run_in_turn(state, "types", {name_of(kEight), [&] { small.step(); }},
              {name_of(kFloat), [&] { plain.step(); }}, {.least_ratio = 1.35});
}

/// Moments that decay must not end as denormal numbers, which are slow.
void zero_gradients(benchmark::State& state) {
  const OptimizerOptions options{.non_finite = NonFinite::propagate,
                                 .executor = std::make_shared<ThreadPool>(1)};
  Problem zeros(flat(kMillion), Adam{}, options), others(flat(kMillion), Adam{}, options);
  zeros.clear_gradients();
  for (int i = 0; i < 2000; ++i) zeros.step();
  run_in_turn(state, "types", {"adam, 1M, after 2,000 zero gradients", [&] { zeros.step(); }},
              {"adam, 1M, ordinary gradients", [&] { others.step(); }}, {.least_ratio = 0.97});
}

const bool registered = [] {
  const auto add = [](const char* name, auto f) {
    benchmark::RegisterBenchmark(name, f)->UseManualTime()->Unit(benchmark::kMillisecond);
  };
  const auto add_kept = [&](const char* name, const Kept& kept) {
    add(name, [&kept](benchmark::State& state) { against_traffic(state, kept); });
  };
  add_kept("types/64M/float32", kFloat);
  add_kept("types/64M/small_parameters", kSmallParameters);
  add_kept("types/64M/drawn_parameters", kDrawnParameters);
  add_kept("types/64M/halves", kHalves);
  add_kept("types/64M/all_small", kAllSmall);
  add_kept("types/64M/eight", kEight);
  add("types/64M/eight_against_float32", against_float);
  add("types/1M/zero_gradients", zero_gradients);
  return true;
}();

}  // namespace

}  // namespace gradus::bench
