#pragma once

// The loops over elements: the only ones that run a rule's formula. Each is compiled for every instruction
// set.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "gradus/core/rule.hpp"
#include "gradus/engine/program.hpp"
#include "gradus/engine/tree_sum.hpp"

// The elements of a loop do not depend on one another. It is not to be unrolled before it is vectorised, as
// compilers do with the few turns of a block, since nothing vectorises what they leave.
#if defined(__clang__)
#define GRADUS_INDEPENDENT _Pragma("clang loop vectorize(assume_safety) unroll(disable)")
#else
#define GRADUS_INDEPENDENT _Pragma("GCC ivdep") _Pragma("GCC unroll 1")
#endif

namespace gradus::engine {

/// Calls f(coefficients, lr, gain, slots...) with everything in the types of the loop. The loops take slots
/// as a pack of restrict pointers: through an array of pointers GCC loses the restrict, and with it the
/// vectors.
template <class R, class T, class F>
[[gnu::always_inline]] inline void with_arguments(const Sweep& sweep, void* const* slots, F f) {
  typename R::Step c;
  if constexpr (!std::is_empty_v<typename R::Step>) std::memcpy(&c, sweep.coefficients, sizeof c);
  [&]<std::size_t... I>(std::index_sequence<I...>) __attribute__((always_inline)) {
    f(c, Coef(sweep.lr).as<T>(), Coef(sweep.gain).as<T>(), static_cast<T*>(slots[I])...);
  }
  (std::make_index_sequence<R::slots.size()>{});
}

inline constexpr std::size_t kLine = 64;           // bytes of a cache line
inline constexpr std::size_t kAhead = 16 * kLine;  // what memory is asked for before it is used

/// By its number, since it may lie behind the array's end; asking for what is not there does nothing.
[[gnu::always_inline]] inline void prefetch(const void* p) {
  const auto ahead = reinterpret_cast<std::uintptr_t>(p) + kAhead;
  __builtin_prefetch(reinterpret_cast<const void*>(ahead));  // NOLINT(performance-no-int-to-ptr)
}

/// Calls loop(count, arrays...) for one cache line of each array after the other, having asked for a later
/// one. The hardware guesses what comes next too, but with half a dozen arrays at once it falls behind.
template <class T, class F, class... A>
[[gnu::always_inline]] inline void line_by_line(std::size_t n, F loop, A*... arrays) {
  constexpr std::size_t count = kLine / sizeof(T);
  std::size_t i = 0;
  for (; i + count <= n; i += count) {
    (prefetch(arrays + i), ...);
    loop(count, (arrays + i)...);
  }
  if (i < n) loop(n - i, (arrays + i)...);
}

/// x <- x - lr * u, u = R(gain * g).
template <class R, class T>
struct UpdateBody {
  template <class... S>
  [[gnu::always_inline]] static inline void loop(typename R::Step c, Real<T> lr, Real<T> gain, std::size_t n,
                                                 T* __restrict x, const T* __restrict g, S* __restrict... s) {
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) {
      const Real<T> old{x[i]};
      const Real<T> gradient = gain * Real<T>{g[i]};
      const Real<T> u = [&](auto... slot) __attribute__((always_inline)) {
        const Real<T> direction = R::update(c, gradient, old, slot...);
        ((s[i] = slot.value), ...);
        return direction;
      }
      (Real<T>{s[i]}...);
      x[i] = (old - lr * u).value;
    }
  }

  [[gnu::always_inline]] static inline void run(const Sweep& sweep, std::size_t n, void* x, const void* g,
                                                void* const* slots) {
    with_arguments<R, T>(
        sweep, slots, [&](const auto& c, auto lr, auto gain, auto*... s) __attribute__((always_inline)) {
          line_by_line<T>(
              n,
              [&](std::size_t count, auto*... arrays)
                  __attribute__((always_inline)) { loop(c, lr, gain, count, arrays...); },
              static_cast<T*>(x), static_cast<const T*>(g), s...);
        });
  }
};

/// The sums that a measured rule asks for. Slots are read, not written.
template <class R, class T>
struct MeasureBody {
  template <class... S>
  [[gnu::always_inline]] static inline void loop(typename R::Step c, Real<T> gain, std::size_t n,
                                                 const T* __restrict x, const T* __restrict g, double* sums,
                                                 const S* __restrict... s) {
    lane_sums<R::measures()>(
        n, sums, [&](std::size_t i) __attribute__((always_inline)) {
          return R::measure(c, gain * Real<T>{g[i]}, Real<T>{x[i]}, Real<T>{s[i]}...);
        });
  }

  [[gnu::always_inline]] static inline void run(const Sweep& sweep, std::size_t n, const void* x,
                                                const void* g, void* const* slots, double* sums) {
    with_arguments<R, T>(
        sweep, slots, [&](const auto& c, auto, auto gain, auto*... s) __attribute__((always_inline)) {
          loop(c, gain, n, static_cast<const T*>(x), static_cast<const T*>(g), sums, s...);
        });
  }
};

/// The links before the matrix link: u <- before(gain * g).
template <class R, class T>
struct BeforeBody {
  template <class... S>
  [[gnu::always_inline]] static inline void loop(typename R::Step c, Real<T> gain, std::size_t n,
                                                 const T* __restrict x, const T* __restrict g,
                                                 T* __restrict u, S* __restrict... s) {
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) {
      [&](auto... slot) __attribute__((always_inline)) {
        u[i] = R::before(c, gain * Real<T>{g[i]}, Real<T>{x[i]}, slot...).value;
        ((s[i] = slot.value), ...);
      }
      (Real<T>{s[i]}...);
    }
  }

  [[gnu::always_inline]] static inline void run(const Sweep& sweep, std::size_t n, const void* x,
                                                const void* g, void* const* slots, void* u) {
    with_arguments<R, T>(
        sweep, slots, [&](const auto& c, auto, auto gain, auto*... s) __attribute__((always_inline)) {
          loop(c, gain, n, static_cast<const T*>(x), static_cast<const T*>(g), static_cast<T*>(u), s...);
        });
  }
};

/// The links after the matrix link: x <- x - lr * after(u).
template <class R, class T>
struct AfterBody {
  template <class... S>
  [[gnu::always_inline]] static inline void loop(typename R::Step c, Real<T> lr, std::size_t n,
                                                 T* __restrict x, const T* __restrict u, S* __restrict... s) {
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) {
      const Real<T> old{x[i]};
      [&](auto... slot) __attribute__((always_inline)) {
        x[i] = (old - lr * R::after(c, Real<T>{u[i]}, old, slot...)).value;
        ((s[i] = slot.value), ...);
      }
      (Real<T>{s[i]}...);
    }
  }

  [[gnu::always_inline]] static inline void run(const Sweep& sweep, std::size_t n, void* x, const void* u,
                                                void* const* slots) {
    with_arguments<R, T>(
        sweep, slots, [&](const auto& c, auto lr, auto, auto*... s) __attribute__((always_inline)) {
          loop(c, lr, n, static_cast<T*>(x), static_cast<const T*>(u), s...);
        });
  }
};

/// Not a hot loop: people look at it.
template <class R, class T>
void denominators(const Sweep& sweep, std::size_t n, void* const* slots, double* out) {
  with_arguments<R, T>(sweep, slots, [&](const auto& c, auto, auto, const auto*... s) {
    for (std::size_t i = 0; i < n; ++i)
      out[i] = static_cast<double>(denominator_of<R>(c, Real<T>{1}, Real<T>{s[i]}...).value);
  });
}

}  // namespace gradus::engine
