#pragma once

// The loops over elements: the only ones that run a rule's
// formula. Each is compiled for every instruction set.

#include <algorithm>
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

/// Calls f(coefficients, lr, gain, slots...) with everything in the types of
/// the loop. The loops take slots as a pack of restrict pointers: through an
/// array of pointers GCC loses the restrict, and with it the vectors.
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
inline constexpr std::size_t kAhead = 16 * kLine;  // memory is asked for so long before it is used

/// By its number, since it may lie behind the array's end; asking for what is not there does nothing.
[[gnu::always_inline]] inline void prefetch(const void* p, std::size_t ahead) {
  const auto address = reinterpret_cast<std::uintptr_t>(p) + ahead;
  __builtin_prefetch(reinterpret_cast<const void*>(address));  // NOLINT(performance-no-int-to-ptr)
}

/// Calls loop(count, arrays...) for one cache line of each array after the other, having asked for a later
/// one. The hardware guesses what comes next too, but with half a dozen arrays at once it falls behind.
template <class T, class F, class... A>
[[gnu::always_inline]] inline void line_by_line(std::size_t n, std::size_t ahead, F loop, A*... arrays) {
  constexpr std::size_t count = kLine / sizeof(T);
  std::size_t i = 0;
  for (; i + count <= n; i += count) {
    (prefetch(arrays + i, ahead), ...);
    loop(count, (arrays + i)...);
  }
  if (i < n) loop(n - i, (arrays + i)...);
}

/// Calls f with each slot's element i, and keeps what f makes of those that are over elements.
template <class R, class T, class F, class... S>
[[gnu::always_inline]] inline auto with_slots(std::size_t i, F f, S* __restrict... s) {
  return [&]<std::size_t... I>(std::index_sequence<I...>, auto... slot) __attribute__((always_inline)) {
    const auto result = f(slot...);
    (
        [&] {
          if constexpr (R::slots[I].over == Over::element) s[i] = slot.value;
        }(),
        ...);
    return result;
  }
  (std::make_index_sequence<R::slots.size()>{}, Real<T>{s[i]}...);
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
      const Real<T> u = with_slots<R, T>(
          i,
          [&](auto&... slot) __attribute__((always_inline)) { return R::update(c, gradient, old, slot...); },
          s...);
      x[i] = (old - lr * u).value;
    }
  }

  [[gnu::always_inline]] static inline void run(const Sweep& sweep, std::size_t n, void* x, const void* g,
                                                void* const* slots) {
    with_arguments<R, T>(
        sweep, slots, [&](const auto& c, auto lr, auto gain, auto*... s) __attribute__((always_inline)) {
          line_by_line<T>(
              n, sweep.ahead,
              [&](std::size_t count, auto*... arrays)
                  __attribute__((always_inline)) { loop(c, lr, gain, count, arrays...); },
              static_cast<T*>(x), static_cast<const T*>(g), s...);
        });
  }
};

/// How many of these sums are over rows, say.
template <class Sums>
consteval std::size_t count_over(Over over, const Sums& sums) {
  return static_cast<std::size_t>(std::count(sums.begin(), sums.end(), over));
}

/// The sums that a look of a measured rule asks for. Slots are read, not written.
template <class R, class Look, class T>
struct MeasureBody {
  template <class... S>
  [[gnu::always_inline]] static inline void loop(typename R::Step c, Real<T> gain, std::size_t n,
                                                 const T* __restrict x, const T* __restrict g, double* sums,
                                                 const S* __restrict... s) {
    position_sums<Look::sums.size()>(
        n, sums, [&](std::size_t i) __attribute__((always_inline)) {
          return Look::measure(c, gain * Real<T>{g[i]}, Real<T>{x[i]}, Real<T>{s[i]}...);
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

/// Of the sums over rows, or those over columns, the terms:
/// each is added to its element's place in the totals.
template <class R, class Look, class T, Over kOver>
struct AccumulateBody {
  static constexpr std::size_t kSums = count_over(kOver, Look::sums);

  template <class... S>
  [[gnu::always_inline]] static inline void loop(typename R::Step c, Real<T> gain, std::size_t n,
                                                 const T* __restrict x, const T* __restrict g,
                                                 double* const* totals, const S* __restrict... s) {
    std::array<double*, kSums> total;
    std::copy_n(totals, kSums, total.begin());
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) {
      const auto v = Look::measure(c, gain * Real<T>{g[i]}, Real<T>{x[i]}, Real<T>{s[i]}...);
      std::size_t k = 0;
      for (std::size_t j = 0; j < v.size(); ++j)
        if (Look::sums[j] == kOver) total[k++][i] += v[j].value;
    }
  }

  [[gnu::always_inline]] static inline void run(const Sweep& sweep, std::size_t n, const void* x,
                                                const void* g, void* const* slots, double* const* totals) {
    with_arguments<R, T>(
        sweep, slots, [&](const auto& c, auto, auto gain, auto*... s) __attribute__((always_inline)) {
          loop(c, gain, n, static_cast<const T*>(x), static_cast<const T*>(g), totals, s...);
        });
  }
};

/// Which links of a rule: those on one side of its matrix link, which goes with both; or all of a rule without one.
enum class Side { before, after, both };

/// u <- the direction of these links at gain * g; no gain comes after a matrix link.
template <class R, Side side, class T>
struct DirectionBody {
  template <class... S>
  [[gnu::always_inline]] static inline Real<T> direction(typename R::Step c, Real<T> g, Real<T> x,
                                                         S&... slot) {
    if constexpr (side == Side::before)
      return R::before(c, g, x, slot...);
    else if constexpr (side == Side::after)
      return R::after(c, g, x, slot...);
    else
      return R::update(c, g, x, slot...);
  }

  template <class... S>
  [[gnu::always_inline]] static inline void loop(typename R::Step c, Real<T> gain, std::size_t n,
                                                 const T* __restrict x, const T* __restrict g,
                                                 T* __restrict u, S* __restrict... s) {
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) {
      const Real<T> given{g[i]}, old{x[i]};
      const Real<T> gradient = side == Side::after ? given : gain * given;
      u[i] = with_slots<R, T>(
                 i,
                 [&](auto&... slot)
                     __attribute__((always_inline)) { return direction(c, gradient, old, slot...); },
                 s...)
                 .value;
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
      const Real<T> direction = with_slots<R, T>(
          i,
          [&](auto&... slot)
              __attribute__((always_inline)) { return R::after(c, Real<T>{u[i]}, old, slot...); },
          s...);
      x[i] = (old - lr * direction).value;
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

/// Not a hot loop either.
template <class R, class T>
void evaluation_points(const Sweep& sweep, std::size_t n, void* x, void* const* slots) {
  with_arguments<R, T>(sweep, slots, [&](const auto& c, auto, auto, const auto*... s) {
    T* const point = static_cast<T*>(x);
    for (std::size_t i = 0; i < n; ++i)
      point[i] = R::evaluation_point(c, Real<T>{point[i]}, Real<T>{s[i]}...).value;
  });
}

}  // namespace gradus::engine
