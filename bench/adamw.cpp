// AdamW in float32, from a large model to a tiny one, against the memory traffic that it cannot do without.

#include <memory>
#include <string>

#include "gradus/core/error.hpp"
#include "paired.hpp"
#include "problem.hpp"

namespace gradus::bench {

namespace {

/// The limits: traffic of the step alone, or with that of the
/// look at the gradient; or the arithmetic that is slowest.
enum class Limit { step, step_and_look, division };

Side limit_of(Limit limit, const Arrays& arrays, const std::shared_ptr<Executor>& threads) {
  switch (limit) {
    case Limit::step:
      return {"traffic", [=] { move_traffic(*threads, arrays); }};
    case Limit::step_and_look:
      return {"traffic, and g read before", [=] {
                read_gradient(*threads, arrays);
                move_traffic(*threads, arrays);
              }};
    case Limit::division:
      break;
  }
  return {"a root and a division", [=] { divide_by_roots(arrays.size); }};
}

void against_limit(benchmark::State& state, const std::string& name, std::size_t size,
                   const std::shared_ptr<Executor>& threads, NonFinite non_finite, Limit limit,
                   const Goal& goal) {
  Problem problem(flat(size), AdamW{}, {.non_finite = non_finite, .executor = threads});
  const Arrays arrays = problem.arrays();
  run_in_turn(state, "adamw", {name, [&] { problem.step(); }}, limit_of(limit, arrays, threads), goal);
}

void all_cores_propagate(benchmark::State& state) {
  against_limit(state, "adamw, 64M, all cores, propagate", 64 * kMillion, shared_executor(),
                NonFinite::propagate, Limit::step, {.least_ratio = 0.95});
}
void all_cores_skip(benchmark::State& state) {
  against_limit(state, "adamw, 64M, all cores, skip", 64 * kMillion, shared_executor(), NonFinite::skip,
                Limit::step, {.least_ratio = 0.95});
}
void all_cores_skip_of_both(benchmark::State& state) {
  against_limit(state, "adamw, 64M, all cores, skip", 64 * kMillion, shared_executor(), NonFinite::skip,
                Limit::step_and_look, {.least_ratio = 0.95});
}

/// A step whose schedule refuses to go on: it has looked at the gradients, and changes nothing.
void look_alone(benchmark::State& state, const AnyRule& rule, const std::string& name) {
  Problem problem(flat(64 * kMillion), rule, {.executor = shared_executor()});
  Problem read(flat(64 * kMillion), SGD{}, {.executor = shared_executor()});
  const Arrays arrays = read.arrays();
  run_in_turn(state, "look", {name, [&] { problem.step(); }},
              {"reading it", [&] { read_gradient(*shared_executor(), arrays); }}, {.least_ratio = 0.95});
}
/// Refuses from its second call on: the first is that of who makes a rule of it.
auto no_rate() {
  return [calls = std::make_shared<int>(0)](std::int64_t /*step*/) {
    if ((*calls)++ > 0) throw Error("the look was all");
    return 0.0;
  };
}
void all_cores_look(benchmark::State& state) {
  look_alone(state, SGD{.lr = no_rate()}, "the look at 64M, all cores");
}
void all_cores_norm(benchmark::State& state) {
  look_alone(state, ClipNorm{1.0} >> SGD{.lr = no_rate()}, "look and norm at 64M, all cores");
}

void one_core(benchmark::State& state, const std::string& name, NonFinite non_finite, Limit limit,
              const Goal& goal) {
  against_limit(state, name, kMillion, std::make_shared<ThreadPool>(1), non_finite, limit, goal);
}
void one_core_propagate(benchmark::State& state) {
  one_core(state, "adamw, 1M, one core, propagate", NonFinite::propagate, Limit::step,
           {.least_ratio = 1 / 1.2});
}
void one_core_skip(benchmark::State& state) {
  one_core(state, "adamw, 1M, one core, skip", NonFinite::skip, Limit::step, {.least_ratio = 1 / 1.2});
}
void one_core_of_division(benchmark::State& state) {
  one_core(state, "adamw, 1M, one core, propagate", NonFinite::propagate, Limit::division, {});
}

// Small tensors

void five_thousand(benchmark::State& state, const std::string& name, NonFinite non_finite) {
  Problem problem(small_mlp(), AdamW{}, {.non_finite = non_finite});
  Problem one(flat(elements(small_mlp())), AdamW{}, {});
  run_in_turn(state, "small", {name, [&] { problem.step(); }},
              limit_of(Limit::division, one.arrays(), std::make_shared<ThreadPool>(1)),
              {.most_times = 1.1, .most_more = 0.2e-6});
}
void five_thousand_propagate(benchmark::State& state) {
  five_thousand(state, "adamw, 6 tensors, 5,000 in all, propagate", NonFinite::propagate);
}
void five_thousand_skip(benchmark::State& state) {
  five_thousand(state, "adamw, 6 tensors, 5,000 in all, skip", NonFinite::skip);
}

void tiny(benchmark::State& state, const std::string& name, NonFinite non_finite) {
  constexpr std::size_t kTensors = 100'000;
  Problem problem(std::vector<Shape>(kTensors, {10}), AdamW{}, {.non_finite = non_finite});
  Problem one(flat(problem.size()), AdamW{}, {});
  run_in_turn(state, "small", {name, [&] { problem.step(); }},
              limit_of(Limit::step, one.arrays(), shared_executor()),
              {.most_times = 1, .most_more = kTensors * 50e-9});
}
void tiny_propagate(benchmark::State& state) {
  tiny(state, "adamw, 100,000 tensors of 10, propagate", NonFinite::propagate);
}
void tiny_skip(benchmark::State& state) {
  tiny(state, "adamw, 100,000 tensors of 10, skip", NonFinite::skip);
}

/// Memory that was taken first is up to 5% slower to the look at the gradients: two of each, taken in the
/// order a b b a and used in turn.
void many_against_one(benchmark::State& state, const std::string& table, const std::string& name,
                      const std::vector<Shape>& shapes, const Goal& goal) {
  const std::vector<Shape> whole = flat(elements(shapes));
  Problem many(shapes, AdamW{}, {}), one(whole, AdamW{}, {}), other_one(whole, AdamW{}, {}),
      other_many(shapes, AdamW{}, {});
  std::size_t ours = 0, its = 0;
  run_in_turn(state, table, {name, [&] { (ours++ % 2 == 0 ? many : other_many).step(); }},
              {"one flat tensor", [&] { (its++ % 2 == 0 ? one : other_one).step(); }}, goal);
}
void many_tensors(benchmark::State& state) {
  many_against_one(state, "adamw", "adamw, 161 tensors of ResNet-50", resnet50(), {.least_ratio = 0.97});
}
void thousand(benchmark::State& state) {
  many_against_one(state, "small", "adamw, 1,000 tensors of 1,000", std::vector<Shape>(1000, {1000}),
                   {.least_ratio = 0.95});
}

}  // namespace

BENCHMARK(all_cores_propagate)->Name("adamw/64M/propagate")->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(all_cores_skip)->Name("adamw/64M/skip")->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(all_cores_skip_of_both)
    ->Name("adamw/64M/skip_against_both_reads")
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(all_cores_look)->Name("adamw/64M/look")->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(all_cores_norm)->Name("adamw/64M/norm")->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(one_core_propagate)->Name("adamw/1M/propagate")->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(one_core_skip)->Name("adamw/1M/skip")->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(one_core_of_division)
    ->Name("adamw/1M/propagate_against_division")
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(five_thousand_propagate)
    ->Name("small/5k/propagate")
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(five_thousand_skip)->Name("small/5k/skip")->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(tiny_propagate)->Name("small/100k/propagate")->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(tiny_skip)->Name("small/100k/skip")->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(thousand)->Name("small/1k")->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(many_tensors)->Name("adamw/resnet50")->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace gradus::bench
