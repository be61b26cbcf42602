#pragma once

// One function body, compiled for each instruction set: by an attribute, not by flags a file, since a file
// compiled with -mavx512f may hand its copy of an inline std function to the whole program.

#include "gradus/engine/isa.hpp"

#if defined(__x86_64__) && \
    !defined(GRADUS_BASELINE_ONLY)  // as for a program whose loops are not what is tested
#define GRADUS_X86 1
#if defined(__clang__)
#define GRADUS_TARGET_AVX512 "avx512f,avx512vl,avx512dq,avx512bw"
#else
#define GRADUS_TARGET_AVX512 "avx512f,avx512vl,avx512dq,avx512bw,prefer-vector-width=512"
#endif
#endif

namespace gradus::engine {

/// Body is a type with an always-inlined static `run(Args...)`.
template <class Body>
class Versions {
  template <class Result, class... Args>
  [[gnu::flatten]] static Result baseline(Args... args) {
    return Body::run(args...);
  }
#if GRADUS_X86
  template <class Result, class... Args>
  [[gnu::flatten, gnu::target("avx2")]] static Result avx2(Args... args) {
    return Body::run(args...);
  }
  template <class Result, class... Args>
  [[gnu::flatten, gnu::target(GRADUS_TARGET_AVX512)]] static Result avx512(Args... args) {
    return Body::run(args...);
  }
#endif

  template <class Result, class... Args>
  static auto pick_as([[maybe_unused]] Isa isa, Result (*)(Args...)) -> Result (*)(Args...) {
#if GRADUS_X86
    if (isa == Isa::avx512) return &avx512<Result, Args...>;
    if (isa == Isa::avx2) return &avx2<Result, Args...>;
#endif
    return &baseline<Result, Args...>;
  }

 public:
  /// Function is the pointer type Result (*)(Args...).
  template <class Function>
  static Function pick(Isa isa) {
    return pick_as(isa, Function{});
  }
};

}  // namespace gradus::engine
