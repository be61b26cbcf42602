#pragma once

#include <string>
#include <vector>

#include "lab/report/gnuplot.hpp"
#include "lab/results/results.hpp"

namespace gradus::lab {

/// A figure of the report, drawn twice: for a page and for a phone. Both are elements to stand in a page
/// whose style sets --muted, --grid and --series-1 to --series-8.
struct Figure {
  std::string id;
  std::string title;
  std::string finding;  ///< what the figure shows, in words from the data
  std::string caption;  ///< how to read it
  std::string wide;
  std::string narrow;
};

/// The figures that these summarized results have data for, in the report's order.
std::vector<Figure> draw_figures(const RaceResults& results, const Gnuplot& gnuplot);

// One by one; `wide` is empty when there is nothing to draw.
Figure training_loss_figure(const RaceResults& results, const Gnuplot& gnuplot);
Figure test_accuracy_figure(const RaceResults& results, const Gnuplot& gnuplot);
Figure sensitivity_figure(const RaceResults& results, const Gnuplot& gnuplot);
Figure effective_rates_figure(const RaceResults& results, const Gnuplot& gnuplot);

}  // namespace gradus::lab
