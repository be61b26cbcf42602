#include "lab/report/figures.hpp"

namespace gradus::lab {

std::vector<Figure> draw_figures(const RaceResults& results, const Gnuplot& gnuplot) {
  std::vector<Figure> figures;
  for (const auto draw :
       {training_loss_figure, test_accuracy_figure, sensitivity_figure, effective_rates_figure}) {
    Figure figure = draw(results, gnuplot);
    if (!figure.wide.empty()) figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace gradus::lab
