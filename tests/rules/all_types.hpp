#pragma once

// The types that every rule is tested with.

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "support/thoroughness.hpp"
#include "support/typed_bench.hpp"

namespace gradus::test {

inline constexpr Dtype kTypes[] = {Dtype::f32, Dtype::f64, Dtype::bf16, Dtype::f16};
struct NamedState {
  State state;
  const char* name;
};
inline constexpr NamedState kStates[] = {{State::plain, "plain"},   {State::f32, "f32"},
                                         {State::f64, "f64"},       {State::bf16, "bf16"},
                                         {State::block8, "block8"}, {State::dynamic8, "dynamic8"}};

inline bool rounds(Dtype dtype) { return bytes_of(dtype) < 4; }
inline bool rounds(State state) { return slot_dtype(state, Values::any, Dtype::f64) > Dtype::f64; }

inline Types types_of(Dtype x, Dtype g, State state, Rounding rounding = Rounding::stochastic,
                      bool keep_low_half = false) {
  return {x, g,
          StateOptions{.dtype = state,
                       .rounding = rounding,
                       .parameter_rounding = rounding,
                       .keep_low_half = keep_low_half,
                       .from_size = 0}};
}

/// Gradients of each type's neighbour, or of every type.
inline bool is_tested(Dtype x, Dtype g) {
  return thorough() || static_cast<int>(g) == (static_cast<int>(x) + 1) % 4;
}

/// Calls f with each combination in which the rounding makes a difference.
template <class F>
void for_all_types(F f) {
  for (const Dtype x : kTypes)
    for (const Dtype g : kTypes)
      for (const auto& [state, name] : kStates)
        for (const bool low_half : {false, true}) {
          if ((low_half && x != Dtype::bf16) || !is_tested(x, g)) continue;
          f(types_of(x, g, state, Rounding::nearest, low_half));
          if (rounds(state) || (rounds(x) && !low_half))
            f(types_of(x, g, state, Rounding::stochastic, low_half));
        }
}

inline std::string text_of(const Types& types) {
  const auto* const state =
      std::find_if(std::begin(kStates), std::end(kStates),
                   [&](const NamedState& named) { return named.state == types.state.dtype; });
  return std::string(name_of(types.x)) + (types.state.keep_low_half ? " with its low half" : "") +
         ", gradient " + name_of(types.g) + ", state " + state->name +
         (types.state.rounding == Rounding::nearest ? ", nearest" : ", stochastic");
}

/// A few of the combinations: one of each kind.
inline const std::vector<Types>& some_types() {
  static const std::vector<Types> some{
      types_of(Dtype::bf16, Dtype::f32, State::block8), types_of(Dtype::f64, Dtype::f16, State::bf16),
      types_of(Dtype::bf16, Dtype::bf16, State::dynamic8, Rounding::nearest, true)};
  return some;
}

}  // namespace gradus::test
