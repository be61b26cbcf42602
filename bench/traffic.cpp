#include "traffic.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "gradus/engine/isa.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus::bench {

namespace {

constexpr std::size_t kTask = 32768;  // elements, as engine/chunks.hpp has it
constexpr std::size_t kPiece = 512;   // of one array before the next, as engine/tiles.hpp has it

/// `zero` is 0, which the compiler does not know.
struct RewriteBody {
  [[gnu::always_inline]] static inline void run(std::size_t n, std::uint8_t zero,
                                                std::uint8_t* __restrict bytes) {
    for (std::size_t i = 0; i < n; ++i) bytes[i] |= zero;
  }
};

struct ReadBody {
  [[gnu::always_inline]] static inline std::uint8_t run(std::size_t n, const std::uint8_t* bytes) {
    std::uint8_t bits = 0;
    for (std::size_t i = 0; i < n; ++i) bits |= bytes[i];
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

Mover::Mover()
    : rewrite_(engine::Versions<RewriteBody>::pick<decltype(rewrite_)>(choose_isa())),
      read_(engine::Versions<ReadBody>::pick<decltype(read_)>(choose_isa())) {}

void Mover::operator()(const Array& array, std::size_t offset, std::size_t n) const {
  static volatile std::uint8_t zero = 0;
  auto* const bytes = reinterpret_cast<std::uint8_t*>(array.data) + offset * array.bytes;
  if (array.written)
    rewrite_(n * array.bytes, zero, bytes);
  else
    benchmark::DoNotOptimize(read_(n * array.bytes, bytes));
}

void move_traffic(Executor& threads, const Arrays& arrays) {
  const Mover move;
  in_tasks(threads, arrays.size, [&](std::size_t begin, std::size_t n) {
    for (std::size_t i = 0; i < n; i += kPiece)
      for (const Array& array : arrays.all) move(array, begin + i, std::min(kPiece, n - i));
  });
}

void read_gradient(Executor& threads, const Arrays& arrays) {
  const Mover move;
  in_tasks(threads, arrays.size,
           [&](std::size_t begin, std::size_t n) { move(arrays.all[arrays.gradient], begin, n); });
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
