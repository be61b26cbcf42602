#pragma once

#include <memory>
#include <vector>

#include "gradus/engine/program.hpp"

namespace gradus {

/// A built-in rule or link without its type.
struct Row {
  std::size_t position;  ///< among all rules, and all links after them
  bool is_link;
  const About* about;
  std::unique_ptr<engine::Program> (*make)();
};

/// The tables are compiled in parts, so that both cores of a small machine have work.
inline constexpr std::size_t kParts = 8;
template <std::size_t Part>
std::vector<Row> rows_of_part();

}  // namespace gradus
