// Time and memory from a million elements to more than 32 bits count.

#include <malloc.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "paired.hpp"
#include "problem.hpp"

namespace gradus::bench {

namespace {

/// Of this process, in bytes, as Linux says it.
double resident() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm").ignore(64, ' ') >> pages;
  return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double free_memory() {
  return static_cast<double>(sysconf(_SC_AVPHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// Everything in bfloat16: 8 bytes an element.
void grow(benchmark::State& state, std::size_t size) {
  if (free_memory() < 8.5 * static_cast<double>(size))
    return state.SkipWithError("too little memory is free");
  malloc_trim(0);  // what was there before is not counted
  const double before = resident();
  Problem problem(flat(size), AdamW{}, {.state = {.dtype = State::bf16, .rounding = Rounding::nearest}},
                  {Dtype::bf16, Dtype::bf16});
  state.counters["bytes_an_element"] = (resident() - before) / static_cast<double>(size);
  const Arrays arrays = problem.arrays();
  run_in_turn(state, "growth", {std::to_string(size) + " elements", [&] { problem.step(); }},
              {"traffic of its bytes", [&] { move_traffic(*shared_executor(), arrays); }});
}

const bool registered = [] {
  for (const std::size_t size : {kMillion, 16 * kMillion, 256 * kMillion, 2048 * kMillion + 7})
    benchmark::RegisterBenchmark(("growth/" + std::to_string(size)).c_str(), grow, size)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
  return true;
}();

}  // namespace

}  // namespace gradus::bench
