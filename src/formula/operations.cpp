#include "formula/operations.hpp"

#include <array>
#include <tuple>

#include "gradus/core/real.hpp"
#include "gradus/engine/sweep.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus::formula {

namespace {

/// out[i] = F(a[i], b[i], c[i], k, l), for what F takes of it.
template <class F, class T>
struct Body {
  [[gnu::always_inline]] static inline void run(std::size_t n, const Arguments& arguments) {
    using V = Real<T>;
    auto* const out = static_cast<T*>(arguments.out);
    const auto* const a = static_cast<const T*>(arguments.a);
    const auto* const b = static_cast<const T*>(arguments.b);
    const auto* const c = static_cast<const T*>(arguments.c);
    const V k = Coef(arguments.k).as<T>(), l = Coef(arguments.l).as<T>();
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) {
      if constexpr (F::arrays == 0)
        out[i] = k.value;
      else if constexpr (F::arrays == 1)
        out[i] = F::of(V{a[i]}, k).value;
      else if constexpr (F::arrays == 2)
        out[i] = F::of(V{a[i]}, V{b[i]}, k, l).value;
      else
        out[i] = F::of(V{a[i]}, V{b[i]}, V{c[i]}).value;
    }
  }
};

template <class V>
V one_if(bool condition) {
  return where(condition, V{1}, V{0});
}

// Of one array and a number, of two arrays, of three.
#define GRADUS_ONE(NAME, EXPRESSION)                                       \
  struct NAME {                                                            \
    static constexpr int arrays = 1;                                       \
    template <class V>                                                     \
    [[gnu::always_inline]] static inline V of(V a, [[maybe_unused]] V k) { \
      return EXPRESSION;                                                   \
    }                                                                      \
  };
#define GRADUS_TWO(NAME, EXPRESSION)                                                                  \
  struct NAME {                                                                                       \
    static constexpr int arrays = 2;                                                                  \
    template <class V>                                                                                \
    [[gnu::always_inline]] static inline V of(V a, V b, [[maybe_unused]] V k, [[maybe_unused]] V l) { \
      return EXPRESSION;                                                                              \
    }                                                                                                 \
  };
GRADUS_TWO(Add, a + b)
GRADUS_ONE(AddNumber, a + k)
GRADUS_TWO(Subtract, a - b)
GRADUS_ONE(SubtractNumber, a - k)
GRADUS_ONE(SubtractFromNumber, k - a)
GRADUS_TWO(Multiply, a* b)
GRADUS_ONE(MultiplyNumber, k* a)
GRADUS_TWO(Divide, a / b)
GRADUS_ONE(DivideByNumber, a / k)
GRADUS_ONE(DivideNumber, k / a)
GRADUS_TWO(Least, min(a, b))
GRADUS_ONE(LeastNumber, min(a, k))
GRADUS_ONE(LeastOfNumber, min(k, a))
GRADUS_TWO(Most, max(a, b))
GRADUS_ONE(MostNumber, max(a, k))
GRADUS_ONE(MostOfNumber, max(k, a))
GRADUS_TWO(Less, one_if<V>(a < b))
GRADUS_ONE(LessThanNumber, one_if<V>(a < k))
GRADUS_ONE(NumberLessThan, one_if<V>(k < a))
GRADUS_ONE(Negate, -a)
GRADUS_ONE(Root, sqrt(a))
GRADUS_ONE(Magnitude, abs(a))
GRADUS_ONE(Sign, sign(a))
GRADUS_ONE(Copy, a)
GRADUS_TWO(Average, k* a + l * b)
GRADUS_TWO(Move, a - k * b)
#undef GRADUS_ONE
#undef GRADUS_TWO

struct Choose {
  static constexpr int arrays = 3;
  template <class V>
  [[gnu::always_inline]] static inline V of(V condition, V yes, V no) {
    return where(condition.value != 0, yes, no);
  }
};
struct Fill {
  static constexpr int arrays = 0;
};

/// In the order of Kernel.
using All = std::tuple<Add, AddNumber, Subtract, SubtractNumber, SubtractFromNumber, Multiply, MultiplyNumber,
                       Divide, DivideByNumber, DivideNumber, Least, LeastNumber, LeastOfNumber, Most,
                       MostNumber, MostOfNumber, Less, LessThanNumber, NumberLessThan, Negate, Root,
                       Magnitude, Sign, Choose, Average, Fill, Copy, Move>;
static_assert(std::tuple_size_v<All> == static_cast<std::size_t>(Kernel::move) + 1);

template <class F>
Operation compiled(Isa isa, Dtype arithmetic) {
  return with_type(arithmetic,
                   [&]<class T>(T) { return engine::Versions<Body<F, T>>::template pick<Operation>(isa); });
}

template <class... F>
Operation nth(std::size_t number, Isa isa, Dtype arithmetic, std::tuple<F...>*) {
  const std::array<Operation, sizeof...(F)> all{compiled<F>(isa, arithmetic)...};
  return all[number];
}

}  // namespace

Operation operation(Kernel kernel, Isa isa, Dtype arithmetic) {
  return nth(static_cast<std::size_t>(kernel), isa, arithmetic, static_cast<All*>(nullptr));
}

}  // namespace gradus::formula
