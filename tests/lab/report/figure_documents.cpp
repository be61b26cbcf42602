#include <filesystem>
#include <fstream>

#include "figure_cases.hpp"
#include "lab/report/figures/figure.hpp"

/// figure_documents FOLDER: writes the figures of all cases as Vega-Lite documents, CASE.FIGURE.vl.json.
int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  for (const auto& [name, results] : gradus::lab::figure_cases())
    for (const gradus::lab::Figure& figure : gradus::lab::figures_of(results))
      std::ofstream(folder / (name + "." + figure.id + ".vl.json"))
          << specification(figure, names_of(results));
}
