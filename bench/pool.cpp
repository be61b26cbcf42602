// What it costs to wake the pool, and to have the threads meet again.

#include <benchmark/benchmark.h>

#include <chrono>
#include <thread>

#include "gradus/engine/executor.hpp"

namespace gradus::bench {

namespace {

void nothing(std::size_t) {}

/// Steps that follow one another.
void fork_and_join(benchmark::State& state) {
  ThreadPool pool(static_cast<std::size_t>(state.range(0)));
  const std::size_t tasks = pool.threads();
  while (state.KeepRunning()) pool.run(tasks, nothing);
}

/// From the call until a second thread runs: two tasks of which neither ends before both have begun. The
/// threads have slept for a while, as they have between the steps of a training.
void wake_up(benchmark::State& state) {
  ThreadPool pool(2);
  while (state.KeepRunning()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::atomic<int> begun = 0;
    const auto start = std::chrono::steady_clock::now();
    pool.run(2, [&](std::size_t) {
      ++begun;
      while (begun < 2) std::this_thread::yield();
    });
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
}

}  // namespace

BENCHMARK(fork_and_join)->Name("pool/fork_and_join")->Arg(1)->Arg(2)->Arg(4)->UseRealTime();
BENCHMARK(wake_up)->Name("pool/wake_up")->UseManualTime()->Iterations(500);

}  // namespace gradus::bench
