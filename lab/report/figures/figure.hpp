#pragma once

#include <nlohmann/json.hpp>
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

/// What its declaration draws (without one: ID.vl.json, beside this file), and what stands around it.
struct Figure {  // NOLINT(bugprone-exception-escape): moving JSON checks itself
  std::string id;
  std::string declaration = {};  ///< in Vega-Lite, without data
  std::string title;
  std::string finding;            ///< what the figure shows, in words from the data
  std::string caption;            ///< how to read it
  std::string description;        ///< the same for people who cannot see it
  nlohmann::ordered_json data;    ///< lists of rows, by the declaration's names for them; null: no figure
  nlohmann::ordered_json values;  ///< single numbers that the declaration names, as parameters
  Table table;
  int height = 0;  ///< in pixels; 0: as declared
};

/// The figures that these summarized results have data for, in the report's order.
std::vector<Figure> figures_of(const RaceResults& results);

/// The Vega-Lite document of a figure: what all share (shared.vl.json), its declaration, its data. Colours are
/// CSS variables of palette.css. `series` are the names that colours are given to, in their order.
std::string specification(const Figure& figure, const std::vector<std::string>& series);

/// Where the look is on the axis: in epochs, where the task has them, or steps. And which of these.
double place_of(std::size_t look, const RaceSettings& settings);
const char* place_unit(const RaceSettings& settings);

/// What figures call the entries, in their order: labels, shortened where they are long, all different.
std::vector<std::string> names_of(const RaceResults& results);

// One by one, in the file of the same name; the first two in curves.cpp, the two of layers in layers.cpp.
Figure training_loss(const RaceResults& results);
Figure test_metric(const RaceResults& results);
Figure differences(const RaceResults& results);
Figure sensitivity(const RaceResults& results);
Figure effective_rates(const RaceResults& results);
Figure update_ratios(const RaceResults& results);

}  // namespace gradus::lab
