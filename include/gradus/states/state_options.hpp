#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "gradus/core/rule.hpp"
#include "gradus/states/dtype.hpp"

namespace gradus {

/// What the slots of a parameter are kept as. Formulas always
/// compute in float32, or in float64 for a float64 parameter.
enum class State {
  plain,     ///< in the type that formulas compute in
  f32,       ///< float32
  f64,       ///< float64
  bf16,      ///< bfloat16: 2 bytes an element
  block8,    ///< 8-bit floats in blocks of 256 with a power of two each: 1.004 bytes an element
  dynamic8,  ///< 8 bits by bitsandbytes' dynamic map, for interchange with it: 1.016 bytes an element
};

/// How a number becomes one of fewer bits.
enum class Rounding {
  nearest,
  stochastic,  ///< up or down at random, right on average; draws depend on seed, parameter, step and element
};

/// Which steps a row counts, of a parameter whose gradients are of some rows. It is for two dimensions or more: the
/// elements of a vector, a bias say, always have the parameter's steps (a table of one column has shape {n, 1}). Other
/// than shared, a dense gradient is one of all rows, too: slow where these have only a few elements.
enum class RowSteps {
  shared,  ///< the parameter's; what a row lacks of them is left out, as in PyTorch's SparseAdam
  own,     ///< those that it is moved in: the first of these is a first step of Adam's, say
  /// The parameter's, all of them: before a row is moved it makes up for those that passed it by, with a zero
  /// gradient and the coefficients of then. So it gets the very bits of dense steps, and takes as many: it saves
  /// dense gradients and memory traffic, not arithmetic. So that no row lacks more than 1,024, each step also brings
  /// up a 1,024th of all rows, which under Adam is as much arithmetic as a dense step (1M x 64: 46 ms of one core),
  /// also where no gradient has ever named them; catch_up() of all rows takes what is left at once, about 500 times
  /// as much. For large tables of which few rows are ever looked up, the other two are meant.
  caught_up,
};

/// How a group keeps the state of its parameters. Small states lose what is smaller than their last bit
/// unless they are rounded stochastically: docs/numerics.md.
///
/// It is about slots with a number for each element of the parameter. Numbers of rows and columns, matrices
/// and single numbers are always as formulas compute.
struct StateOptions {
  /// Of all slots but those whose rounding would ruin the rule (Values::precise): these stay plain.
  State dtype = State::plain;
  /// Of slots by name, where not as `dtype` says; also of those that it leaves plain. Each once.
  std::vector<std::pair<std::string, State>> slots = {};
  Rounding rounding = Rounding::stochastic;         ///< of slots
  Rounding parameter_rounding = Rounding::nearest;  ///< of bfloat16 and float16 parameters, as in PyTorch
  /// Of bfloat16 parameters: with it they are float32 numbers. Those in float32 and float64 are already; a
  /// float16 one is refused.
  bool keep_low_half = false;
  std::size_t from_size = 4096;  ///< parameters of fewer elements have plain slots, in memory
  /// Empty, or where the slots (and low halves) of larger ones are: in a scratch file of this name, mapped into
  /// memory. Nothing of that name may be there; the file is made by add_group() or the optimizer, and nameless at
  /// once. It should lie on a disk: /dev/shm is memory. Groups that name the same one share it. What a full disk
  /// and a failing one do is in docs/numerics.md.
  std::string file = {};
  /// Where not shared, rules are for elements or rows. Caught-up rows have no 8-bit block in common: a row is
  /// a multiple of 256 elements, or kept otherwise. Vectors are not asked for either: RowSteps is not for them.
  RowSteps row_steps = RowSteps::shared;
};

/// What a slot is kept as, where formulas compute in `arithmetic`.
Dtype slot_dtype(State state, Values values, Dtype arithmetic);

}  // namespace gradus
