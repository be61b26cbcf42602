#include "gradus/states/state_options.hpp"

namespace gradus {

Dtype slot_dtype(State state, Values values, Dtype arithmetic) {
  const bool squares = values == Values::non_negative;
  switch (state) {
    case State::plain:
      break;
    case State::f32:
      return Dtype::f32;
    case State::f64:
      return Dtype::f64;
    case State::bf16:
      return Dtype::bf16;
    case State::block8:
      return squares ? Dtype::ue5m3 : Dtype::e4m3;
    case State::dynamic8:
      return squares ? Dtype::udynamic : Dtype::dynamic;
  }
  return arithmetic;
}

}  // namespace gradus
