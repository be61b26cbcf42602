#include "gradus/engine/survey.hpp"

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "gradus/engine/tree_sum.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus::engine {

namespace {

Real<double> wide_of(float a) { return wide(Real<float>{a}); }
Real<double> wide_of(double a) { return {a}; }
Real<double> wide_of(bfloat16 a) { return wide(Real<float>{to_float(a)}); }
Real<double> wide_of(float16 a) { return wide(Real<float>{to_float(a)}); }

/// An integer of the size of T's elements.
template <class T>
using Bits = std::conditional_t<sizeof(T) == 8, std::int64_t,
                                std::conditional_t<sizeof(T) == 4, std::int32_t, std::int16_t>>;
template <class T>
constexpr Bits<T> kMagnitude = std::numeric_limits<Bits<T>>::max();

/// By the bits, which without the sign are in the order of the magnitudes, NaN last: a maximum of floats
/// would depend on how the compiler treats NaN.
template <class T>
struct LargestBody {
  [[gnu::always_inline]] static inline double run(std::size_t n, const void* g) {
    const T* elements = static_cast<const T*>(g);
    Bits<T> largest = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const Bits<T> magnitude = std::bit_cast<Bits<T>>(elements[i]) & kMagnitude<T>;
      largest = magnitude > largest ? magnitude : largest;
    }
    return wide_of(std::bit_cast<T>(largest)).value;
  }
};

template <class T>
struct SquaresBody {
  [[gnu::always_inline]] static inline double run(std::size_t n, const void* g, double factor) {
    const T* elements = static_cast<const T*>(g);
    double sum = 0;
    position_sums<1>(
        n, &sum, [&](std::size_t i) __attribute__((always_inline)) {
          const Real<double> a = factor * wide_of(elements[i]);
          return std::array{a * a};
        });
    return sum;
  }
};

}  // namespace

template <class T>
Survey survey_of(Isa isa) {
  Survey survey{};
  survey.largest = Versions<LargestBody<T>>::template pick<decltype(survey.largest)>(isa);
  survey.squares = Versions<SquaresBody<T>>::template pick<decltype(survey.squares)>(isa);
  return survey;
}

Survey survey_for(Isa isa, Dtype dtype) {
  switch (dtype) {
    case Dtype::f64:
      return survey_of<double>(isa);
    case Dtype::bf16:
      return survey_of<bfloat16>(isa);
    case Dtype::f16:
      return survey_of<float16>(isa);
    default:
      return survey_of<float>(isa);
  }
}

}  // namespace gradus::engine
