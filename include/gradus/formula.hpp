#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gradus/engine/any_rule.hpp"

namespace gradus {

/// A rule written as text, for programs that cannot wait for a compiler:
///
///   formula_rule("my_adam",
///                "m = ema(beta1, m, g)\n"
///                "v = ema(beta2, v, g * g)\n"
///                "u = m / (1 - beta1 ** t) / (sqrt(v / (1 - beta2 ** t)) + eps)",
///                {{"lr", 1e-3}, {"beta1", 0.9}, {"beta2", 0.999}, {"eps", 1e-8}});
///
/// A line is NAME = EXPRESSION (a semicolon ends a line, too, a # begins a comment). g is the gradient, x the parameter, t the
/// parameter's steps, this one included; fields are numbers, and all others are what lines call so. What is read before it is
/// written is kept between steps, and zero at first. u is the direction: x <- x - lr * u, where lr is 1 if no field.
///
/// Expressions have + - * /, ** with a whole number or, of a field, t; comparisons < and >; sqrt, abs, sign, min, max,
/// where(condition, a, b) and ema(beta, old, new), which is beta * old + (1 - beta) * new. What is of fields, t and numbers
/// alone is computed once a step, in double; the rest as formulas of core/real.hpp are: a compiled rule of the same operations
/// has the same bits. Fields take any finite number.
///
/// With a name it is known to parse_rule() and checkpoints from now on; without one it is called "formula" and has no text.
/// Throws Error, which tells line and column and what was expected there, for a text that is of another form; and as
/// register_rule() does.
AnyRule formula_rule(const std::string& name, std::string_view formula, const std::vector<Setting>& fields);

}  // namespace gradus
