#pragma once

#include <cstddef>

#include "gradus/engine/isa.hpp"
#include "gradus/states/dtype.hpp"

namespace gradus::formula {

/// Elements that an operation works on at a time: a few registers of them fit the first-level cache.
inline constexpr std::size_t kTile = 256;

/// One operation over up to kTile elements. Operands that are coefficients come as numbers of the type of the elements: where
/// an operation takes fewer, the rest is unused. An array may be written where it is read.
struct Arguments {
  void* out;
  const void *a, *b, *c;
  double k, l;  ///< coefficients
};
using Operation = void (*)(std::size_t n, const Arguments&);

enum class Kernel {
  add,
  add_number,
  subtract,
  subtract_number,
  subtract_from_number,
  multiply,
  multiply_number,
  divide,
  divide_by_number,
  divide_number,
  least,
  least_number,
  least_of_number,
  most,
  most_number,
  most_of_number,
  less,
  less_than_number,
  number_less_than,
  negate,
  root,
  magnitude,
  sign,
  choose,
  average,
  fill,
  copy,
  move
};

/// Compiled for that instruction set, of float or double. `move` is out <- a - k * b.
Operation operation(Kernel kernel, Isa isa, Dtype arithmetic);

}  // namespace gradus::formula
