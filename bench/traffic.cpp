#include "traffic.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "gradus/engine/isa.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus::bench {

namespace {

constexpr std::size_t kTask = 32768;  // elements, as engine/runner.cpp has it

/// `zero` is 0, which the compiler does not know.
struct MoveBody {
  [[gnu::always_inline]] static inline void run(std::size_t n, float zero, float* __restrict x,
                                                const float* __restrict g, float* __restrict m,
                                                float* __restrict v) {
    for (std::size_t i = 0; i < n; ++i) {
      const float nothing = zero * g[i];
      m[i] += nothing;
      v[i] += nothing;
      x[i] += nothing;
    }
  }
};

struct ReadBody {
  [[gnu::always_inline]] static inline std::int32_t run(std::size_t n, const float* g) {
    std::int32_t bits = 0;
    for (std::size_t i = 0; i < n; ++i) {
      std::int32_t element;
      std::memcpy(&element, g + i, sizeof element);
      bits |= element;
    }
    return bits;
  }
};

template <class F>
void in_tasks(Executor& threads, std::size_t size, F f) {
  const auto task = [&](std::size_t i) { f(i * kTask, std::min(kTask, size - i * kTask)); };
  const std::size_t count = (size + kTask - 1) / kTask;
  if (count == 1) return task(0);
  threads.run(count, task);
}

}  // namespace

void move_traffic(Executor& threads, const Arrays& a) {
  using Move = void (*)(std::size_t, float, float*, const float*, float*, float*);
  static const auto move = engine::Versions<MoveBody>::pick<Move>(choose_isa());
  static volatile float zero = 0;
  const float z = zero;
  in_tasks(threads, a.size,
           [&](std::size_t i, std::size_t n) { move(n, z, a.x + i, a.g + i, a.m + i, a.v + i); });
}

void read_gradient(Executor& threads, const Arrays& a) {
  using Read = std::int32_t (*)(std::size_t, const float*);
  static const auto read = engine::Versions<ReadBody>::pick<Read>(choose_isa());
  in_tasks(threads, a.size,
           [&](std::size_t i, std::size_t n) { benchmark::DoNotOptimize(read(n, a.g + i)); });
}

}  // namespace gradus::bench
