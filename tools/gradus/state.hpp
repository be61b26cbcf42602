#pragma once

#include <string>
#include <vector>

#include "gradus/engine/program.hpp"

namespace gradus::tool {

/// A part of what a rule keeps for a parameter, and in words how large it is.
struct StatePart {
  std::string name;
  std::string size;
  bool over_sides;  ///< the words speak of rows or columns
};
std::vector<StatePart> state_parts(const engine::Program& rule);

/// How many numbers for each element, and what else that grows with the parameter: "2", "rows + columns", "2
/// + matrices".
std::string state_summary(const engine::Program& rule);

}  // namespace gradus::tool
