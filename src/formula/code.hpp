#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::formula {

/// What is done to elements, one tile after the other. r is a register, c a coefficient.
enum class Op {
  add,
  subtract,
  multiply,
  divide,
  least,
  most,
  less,
  negate,
  root,
  magnitude,
  sign,
  choose,
  average,
  fill
};

/// Where an operand is: a value of elements by its number, or a coefficient.
struct Operand {
  bool coefficient = false;
  std::size_t number = 0;
};

/// value[result] = op(a, b, c); `average` is a: beta, b: 1 - beta, c: old, d: new.
struct Line {
  Op op;
  Operand a, b, c, d;
  std::size_t result;
};

/// A number computed once a step in double: coefficient[result] = a op b.
struct Sum {
  enum class Op {
    constant,
    field,
    steps,
    product,
    add,
    subtract,
    multiply,
    divide,
    negate,
    root,
    magnitude
  } op;
  std::size_t a = 0, b = 0;  ///< coefficients; of field and product the number of a field
  double value = 0;          ///< of constant
};

struct Kept {
  std::string name;
  std::size_t before, after;  ///< values
};

/// A formula, checked and taken apart. Values 0 and 1 are g and x, then come those that are kept, as they were.
struct Code {
  std::vector<std::string> fields;
  std::vector<Sum> sums;              ///< by coefficient
  std::vector<std::size_t> products;  ///< fields whose power with t is asked for, by scalar
  std::vector<Kept> kept;
  std::vector<Line> lines;
  std::size_t values = 0;
  std::size_t direction = 0;  ///< the value that u is

  static constexpr std::size_t kGradient = 0, kParameter = 1;
};

/// Throws Error with line and column.
Code parse(std::string_view text, const std::vector<std::string>& fields);

}  // namespace gradus::formula
