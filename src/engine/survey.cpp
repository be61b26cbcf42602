#include "gradus/engine/survey.hpp"

#include <bit>
#include <cstdint>
#include <type_traits>

#include "gradus/engine/tree_sum.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus::engine {

namespace {

template <class T>
using Bits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
template <class T>
constexpr Bits<T> kLargestFinite = sizeof(T) == 4 ? Bits<T>{0x7f7fffff}
                                                  : static_cast<Bits<T>>(0x7fefffffffffffff);
template <class T>
constexpr Bits<T> kMagnitude = sizeof(T) == 4 ? Bits<T>{0x7fffffff}
                                              : static_cast<Bits<T>>(0x7fffffffffffffff);

/// By the bits: a sum or a maximum of floats would depend on how the compiler treats NaN.
template <class T>
struct FiniteBody {
  [[gnu::always_inline]] static inline bool run(std::size_t n, const void* g) {
    const T* elements = static_cast<const T*>(g);
    Bits<T> beyond = 0;
#if !defined(__clang__)  // clang++ does so by itself
#pragma GCC unroll 4
#endif
    for (std::size_t i = 0; i < n; ++i)
      beyond |= kLargestFinite<T> -
                (std::bit_cast<Bits<T>>(elements[i]) & kMagnitude<T>);  // negative: sign bit set
    return beyond >= 0;
  }
};

template <class T>
struct SquaresBody {
  [[gnu::always_inline]] static inline double run(std::size_t n, const void* g, double factor) {
    const T* elements = static_cast<const T*>(g);
    double sum = 0;
    lane_sums<1>(
        n, &sum, [&](std::size_t i) __attribute__((always_inline)) {
          const Real<double> a = factor * wide(Real<T>{elements[i]});
          return std::array{a * a};
        });
    return sum;
  }
};

template <class T>
struct LargestBody {
  [[gnu::always_inline]] static inline double run(std::size_t n, const void* g) {
    const T* elements = static_cast<const T*>(g);
    Real<T> largest{0};
    for (std::size_t i = 0; i < n; ++i) largest = max(abs(Real<T>{elements[i]}), largest);
    return static_cast<double>(largest.value);
  }
};

}  // namespace

Survey survey_for(Isa isa, Dtype dtype) {
  return with_type(dtype, [&]<class T>(T) {
    Survey survey{};
    survey.finite = Versions<FiniteBody<T>>::template pick<decltype(survey.finite)>(isa);
    survey.squares = Versions<SquaresBody<T>>::template pick<decltype(survey.squares)>(isa);
    survey.largest = Versions<LargestBody<T>>::template pick<decltype(survey.largest)>(isa);
    return survey;
  });
}

}  // namespace gradus::engine
