#include "traffic.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
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

constexpr std::size_t kNear = 1024;  // elements that stay in the first-level cache

struct DivideBody {
  [[gnu::always_inline]] static inline void run(std::size_t n, const float* __restrict v,
                                                float* __restrict u) {
    for (std::size_t i = 0; i < n; ++i) u[i] = 1.5F / __builtin_sqrtf(v[i]);
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

void divide_by_roots(std::size_t elements) {
  using Divide = void (*)(std::size_t, const float*, float*);
  static const auto divide = engine::Versions<DivideBody>::pick<Divide>(choose_isa());
  alignas(64) static std::array<float, kNear> v{}, u;
  if (v[0] == 0) v.fill(2);
  for (std::size_t done = 0; done < elements; done += kNear) {
    divide(std::min(kNear, elements - done), v.data(), u.data());
    benchmark::ClobberMemory();
  }
}

}  // namespace gradus::bench
