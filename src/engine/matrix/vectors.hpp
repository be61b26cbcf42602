#pragma once

// Vectors of each instruction set, as micro-kernels use them; an instruction set is a namespace. `fma` rounds
// once, in hardware where there is an instruction. kRows x kVectors is the tile that the registers hold. `fma` takes
// in kProducts products an element.

#include <cmath>
#include <cstdint>

#include "gradus/engine/versions.hpp"

#if GRADUS_X86
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace gradus::engine {

#if GRADUS_X86
#define GRADUS_VECTOR_OP [[gnu::always_inline, gnu::target("avx512f")]] static inline
namespace avx512 {

struct Floats {
  using Number = float;
  using Vector = __m512;
  static constexpr std::int64_t kProducts = 1, kLanes = 16, kRows = 14, kVectors = 2;
  GRADUS_VECTOR_OP Vector zero() { return _mm512_setzero_ps(); }
  GRADUS_VECTOR_OP Vector broadcast(const float* p) { return _mm512_set1_ps(*p); }
  GRADUS_VECTOR_OP Vector load(const float* p) { return _mm512_loadu_ps(p); }
  GRADUS_VECTOR_OP void store(float* p, Vector v) { _mm512_storeu_ps(p, v); }
  GRADUS_VECTOR_OP Vector fma(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
};

struct Doubles {
  using Number = double;
  using Vector = __m512d;
  static constexpr std::int64_t kProducts = 1, kLanes = 8, kRows = 14, kVectors = 2;
  GRADUS_VECTOR_OP Vector zero() { return _mm512_setzero_pd(); }
  GRADUS_VECTOR_OP Vector broadcast(const double* p) { return _mm512_set1_pd(*p); }
  GRADUS_VECTOR_OP Vector load(const double* p) { return _mm512_loadu_pd(p); }
  GRADUS_VECTOR_OP void store(double* p, Vector v) { _mm512_storeu_pd(p, v); }
  GRADUS_VECTOR_OP Vector fma(Vector a, Vector b, Vector c) { return _mm512_fmadd_pd(a, b, c); }
};

}  // namespace avx512
#undef GRADUS_VECTOR_OP

#define GRADUS_VECTOR_OP [[gnu::always_inline, gnu::target("avx512f,avx512bf16")]] static inline
namespace avx512_bf16 {

/// Pairs of bfloat16. The instruction adds the product of the high halves, rounds, adds that of the low halves, and
/// rounds: two fused multiply-adds, but that it knows no denormals; see kLeastFactor.
struct Floats {
  using Number = float;  // of the sums; a pair is as large
  using Vector = __m512;
  static constexpr std::int64_t kProducts = 2, kLanes = 16, kRows = 14, kVectors = 2;
  GRADUS_VECTOR_OP Vector zero() { return _mm512_setzero_ps(); }
  GRADUS_VECTOR_OP Vector broadcast(const float* p) { return _mm512_set1_ps(*p); }
  GRADUS_VECTOR_OP Vector load(const float* p) { return _mm512_loadu_ps(p); }
  GRADUS_VECTOR_OP void store(float* p, Vector v) { _mm512_storeu_ps(p, v); }
  GRADUS_VECTOR_OP Vector fma(Vector a, Vector b, Vector c) {
    return _mm512_dpbf16_ps(c, (__m512bh)a, (__m512bh)b);
  }
};

}  // namespace avx512_bf16
#undef GRADUS_VECTOR_OP

#define GRADUS_VECTOR_OP [[gnu::always_inline, gnu::target("avx2,fma")]] static inline
namespace avx2 {

struct Floats {
  using Number = float;
  using Vector = __m256;
  static constexpr std::int64_t kProducts = 1, kLanes = 8, kRows = 6, kVectors = 2;
  GRADUS_VECTOR_OP Vector zero() { return _mm256_setzero_ps(); }
  GRADUS_VECTOR_OP Vector broadcast(const float* p) { return _mm256_broadcast_ss(p); }
  GRADUS_VECTOR_OP Vector load(const float* p) { return _mm256_loadu_ps(p); }
  GRADUS_VECTOR_OP void store(float* p, Vector v) { _mm256_storeu_ps(p, v); }
  GRADUS_VECTOR_OP Vector fma(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
};

struct Doubles {
  using Number = double;
  using Vector = __m256d;
  static constexpr std::int64_t kProducts = 1, kLanes = 4, kRows = 6, kVectors = 2;
  GRADUS_VECTOR_OP Vector zero() { return _mm256_setzero_pd(); }
  GRADUS_VECTOR_OP Vector broadcast(const double* p) { return _mm256_broadcast_sd(p); }
  GRADUS_VECTOR_OP Vector load(const double* p) { return _mm256_loadu_pd(p); }
  GRADUS_VECTOR_OP void store(double* p, Vector v) { _mm256_storeu_pd(p, v); }
  GRADUS_VECTOR_OP Vector fma(Vector a, Vector b, Vector c) { return _mm256_fmadd_pd(a, b, c); }
};

}  // namespace avx2
#undef GRADUS_VECTOR_OP
#endif

namespace baseline {

/// One number at a time, with the C library's fma where the CPU has none.
template <class T>
struct Scalar {
  using Number = T;
  using Vector = T;
  static constexpr std::int64_t kProducts = 1, kLanes = 1, kRows = 4, kVectors = 4;
  static T zero() { return 0; }
  static T broadcast(const T* p) { return *p; }
  static T load(const T* p) { return *p; }
  static void store(T* p, T v) { *p = v; }
  static T fma(T a, T b, T c) { return std::fma(a, b, c); }
};

#if GRADUS_X86

/// SSE2 has no fma, but a product of floats is exact in double. To add c and round to float would round twice.
/// So the sum in double is rounded to odd: what is not exact gets a last bit of 1, and is no tie where it is
/// rounded again (Boldo & Melquiond, "Emulation of a FMA and correctly rounded sums", 2008).
struct Floats {
  using Number = float;
  using Vector = __m128;
  static constexpr std::int64_t kProducts = 1, kLanes = 4, kRows = 4, kVectors = 2;
  static Vector zero() { return _mm_setzero_ps(); }
  static Vector broadcast(const float* p) { return _mm_set1_ps(*p); }
  static Vector load(const float* p) { return _mm_loadu_ps(p); }
  static void store(float* p, Vector v) { _mm_storeu_ps(p, v); }
  static Vector fma(Vector a, Vector b, Vector c) {
    const __m128 low = half_of_fma(a, b, c);
    const __m128 high = half_of_fma(_mm_movehl_ps(a, a), _mm_movehl_ps(b, b), _mm_movehl_ps(c, c));
    return _mm_movelh_ps(low, high);
  }

 private:
  /// Of the first two lanes.
  static __m128 half_of_fma(__m128 a, __m128 b, __m128 c) {
    return _mm_cvtpd_ps(sum_to_odd(_mm_mul_pd(_mm_cvtps_pd(a), _mm_cvtps_pd(b)), _mm_cvtps_pd(c)));
  }

  static __m128d sum_to_odd(__m128d a, __m128d b) {
    const __m128d zero = _mm_setzero_pd();
    const __m128d sum = _mm_add_pd(a, b), part = _mm_sub_pd(sum, a);
    const __m128d error = _mm_add_pd(_mm_sub_pd(a, _mm_sub_pd(sum, part)), _mm_sub_pd(b, part));
    // Not of an infinite sum, whose error is NaN.
    const __m128d inexact = _mm_or_pd(_mm_cmplt_pd(error, zero), _mm_cmpgt_pd(error, zero));
    const __m128i bits = _mm_castpd_si128(sum), one = _mm_set1_epi64x(1);
    const __m128i inward = _mm_srli_epi64(_mm_castpd_si128(_mm_xor_pd(error, sum)), 63);
    const __m128i step = _mm_sub_epi64(one, _mm_add_epi64(inward, inward));  // to the other neighbour
    const __m128i even = _mm_sub_epi64(_mm_and_si128(bits, one), one);       // a mask
    const __m128i moved = _mm_and_si128(_mm_and_si128(step, even), _mm_castpd_si128(inexact));
    return _mm_castsi128_pd(_mm_add_epi64(bits, moved));
  }
};
using Doubles = Scalar<double>;

#elif defined(__aarch64__)

struct Floats {
  using Number = float;
  using Vector = float32x4_t;
  static constexpr std::int64_t kProducts = 1, kLanes = 4, kRows = 8, kVectors = 2;
  static Vector zero() { return vdupq_n_f32(0); }
  static Vector broadcast(const float* p) { return vld1q_dup_f32(p); }
  static Vector load(const float* p) { return vld1q_f32(p); }
  static void store(float* p, Vector v) { vst1q_f32(p, v); }
  static Vector fma(Vector a, Vector b, Vector c) { return vfmaq_f32(c, a, b); }
};

struct Doubles {
  using Number = double;
  using Vector = float64x2_t;
  static constexpr std::int64_t kProducts = 1, kLanes = 2, kRows = 8, kVectors = 2;
  static Vector zero() { return vdupq_n_f64(0); }
  static Vector broadcast(const double* p) { return vld1q_dup_f64(p); }
  static Vector load(const double* p) { return vld1q_f64(p); }
  static void store(double* p, Vector v) { vst1q_f64(p, v); }
  static Vector fma(Vector a, Vector b, Vector c) { return vfmaq_f64(c, a, b); }
};

#else
using Floats = Scalar<float>;
using Doubles = Scalar<double>;
#endif

}  // namespace baseline

}  // namespace gradus::engine
