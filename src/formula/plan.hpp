#pragma once

#include <cstddef>
#include <vector>

#include "formula/code.hpp"
#include "formula/operations.hpp"

namespace gradus::formula {

/// Where a value lies while a tile is worked on.
struct Place {
  enum class Where { gradient, parameter, slot, scratch } where = Where::scratch;
  std::size_t number = 0;
};

struct Instruction {
  Kernel kernel;
  Place out, a, b, c;
  std::size_t k = 0, l = 0;  ///< coefficients
};

/// The operations of a formula in their order, with values in as few registers as they need; what is kept is written where
/// it is kept as soon as nothing reads what was there.
struct Plan {
  std::vector<Instruction> instructions;
  std::size_t scratch = 0;  ///< registers
  Place direction;
};

Plan plan(const Code& code);

}  // namespace gradus::formula
