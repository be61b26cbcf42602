#pragma once

#include <string>
#include <vector>

#include "lab/results/results.hpp"

namespace gradus::lab {

/// The numbers of a figure, for those who would rather read them.
struct Table {
  struct Row {
    std::string name;
    std::vector<std::string> cells;
  };
  std::vector<std::string> head;
  std::vector<Row> rows;
};

/// The table of the figure with this id (see figures.hpp).
Table table_for(const RaceResults& results, const std::string& figure_id);

}  // namespace gradus::lab
