#include <fmt/format.h>

#include <boost/math/statistics/bivariate_statistics.hpp>
#include <cmath>
#include <limits>

#include "lab/claims/ledger.hpp"
#include "lab/claims/workbench.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

constexpr double kRates[] = {3e-4, 1e-3, 3e-3, 1e-2, 3e-2};
constexpr double kParts[] = {0.01, 0.1, 1, 10, 100};  // of a form's scale
constexpr double kNear = 1;                           // point of accuracy

enum class Form { l2, paper, pytorch };

struct Decay {
  Form form;
  const char* rule;
  const char* name;  ///< of its panel
  double scale;      ///< of its decays
};

/// The decays of a form lie where they neither do nothing nor everything, as a trial of one seed found.
constexpr Decay kDecays[] = {{Form::l2, "adam_l2", "coupled (L2)", 1e-3},
                             {Form::paper, "adamw", "decoupled, as in the paper", 1e-3},
                             {Form::pytorch, "adamw", "decoupled, times the rate, as in PyTorch", 1}};

/// AdamW's decay is multiplied by its rate, so that the paper's is what remains when it is divided by it.
std::string entry(const Decay& decay, double lr, double part) {
  const double amount = decay.scale * part / (decay.form == Form::paper ? lr : 1);
  return fmt::format("{}:lr={:g},weight_decay={:.4g}", decay.rule, lr, amount);
}

/// Accuracies in percent, by rate, decay and seed.
using Grid = std::vector<std::vector<std::vector<double>>>;

Grid grid(Workbench& bench, const Decay& decay) {
  std::string rules;
  for (const double lr : kRates)
    for (const double part : kParts) rules += (rules.empty() ? "" : ",") + entry(decay, lr, part);
  const RaceResults race = bench.race(
      {.task = &kFashionMlp, .rules = rules, .budget = {.count = 600}, .quick = {.count = 60}, .looks = 1});
  Grid grid;
  for (const double lr : kRates) {
    grid.emplace_back();
    for (const double part : kParts) {
      std::vector<double> percent = test_metrics(race, entry(decay, lr, part));
      for (double& each : percent) each *= 100;
      grid.back().push_back(std::move(percent));
    }
  }
  return grid;
}

double best_of(const Grid& grid, std::size_t seed) {
  double best = -std::numeric_limits<double>::infinity();
  for (const auto& row : grid)
    for (const auto& cell : row) best = std::fmax(best, cell[seed]);
  return best;
}

/// Of ln rate and ln decay, over the pairs that end within a point of the best, by seed: 0 where that region has its
/// sides along the axes, up to 1 where it lies along a diagonal, whichever.
std::vector<double> slants(const Grid& grid, std::size_t seeds) {
  std::vector<double> found;
  for (std::size_t seed = 0; seed < seeds; ++seed) {
    std::vector<double> rates, parts;
    for (std::size_t i = 0; i < std::size(kRates); ++i)
      for (std::size_t j = 0; j < std::size(kParts); ++j)
        if (grid[i][j][seed] >= best_of(grid, seed) - kNear) {
          rates.push_back(std::log(kRates[i]));
          parts.push_back(std::log(kParts[j]));
        }
    found.push_back(rates.size() < 3
                        ? kNotMeasured
                        : std::abs(boost::math::statistics::correlation_coefficient(rates, parts)));
  }
  return found;
}

std::vector<double> bests(const Grid& grid, std::size_t seeds) {
  std::vector<double> bests;
  for (std::size_t seed = 0; seed < seeds; ++seed) bests.push_back(best_of(grid, seed));
  return bests;
}

void draw(Plot& plot, const Decay& decay, const Grid& grid) {
  for (std::size_t j = 0; j < std::size(kParts); ++j)
    for (std::size_t i = 0; i < std::size(kRates); ++i)
      plot.points.push_back(
          curve_point(decay.name, fmt::format("decay {:g}", decay.scale * kParts[j]), kRates[i], grid[i][j]));
}

Evidence run(Workbench& bench) {
  Evidence evidence{.answers = {},
                    .plot = {.title = "Accuracy by learning rate, a curve for each decay",
                             .x_title = "learning rate",
                             .y_title = "accuracy (%)",
                             .log_x = true,
                             .points = {}}};
  const std::size_t seeds = bench.seeds().size();
  std::vector<std::vector<double>> best;
  for (const Decay& decay : kDecays) {
    const Grid found = grid(bench, decay);
    evidence.answers.push_back(slants(found, seeds));
    best.push_back(bests(found, seeds));
    draw(evidence.plot, decay, found);
  }
  for (const std::size_t decoupled : {1, 2}) evidence.answers.push_back(best[decoupled] - best[0]);
  return evidence;
}

}  // namespace

const Claim kDecoupledDecay{
    .number = 20,
    .name = "decoupled-decay",
    .sentence = "Weight decay in Adam should be decoupled from the gradient.",
    .measured =
        "Adam on a grid of learning rates and decays, in three forms: the decay joins the gradient (L2), it "
        "is taken from the weights as the paper writes it, or it is multiplied by the rate first, as "
        "PyTorch's AdamW does. Looked at is how the region of pairs within a point of the best lies: the "
        "size of the correlation of the logarithms of rate and decay in it, near 0 where its sides lie "
        "along the axes, so that one can be tuned without the other; and how much better the best decoupled "
        "pair is.",
    .protocol =
        "A perceptron on Fashion-MNIST, 600 steps on a cosine (quick: 60), five rates by five decays, each "
        "with every seed; nothing is tuned, but a trial of one seed told how far decays should range, and "
        "that a region may slant either way: so its size is asked for. The best pair of each form is that "
        "of the test set, for all forms alike.",
    .otherwise =
        "In the panels of decoupled forms the best rate would move with the decay as much as in the first.",
    .lesson = "supported",
    .for_it =
        {{"Loshchilov & Hutter, \"Decoupled weight decay regularization\", ICLR 2019, figures 1 and 2."}},
    .against_it =
        {{"Zhang et al., \"Three mechanisms of weight decay regularization\", ICLR 2019: it is the "
          "effective rate that decay changes."},
         {"Wortsman et al., \"Small-scale proxies for large-scale Transformer training instabilities\", "
          "2023: PyTorch's form is not independent of the rate, and tunes worse."}},
    .questions = {{"size of the correlation in the best region: coupled (L2)", true, 0.2},
                  {"size of the correlation in the best region: decoupled, as in the paper", false, 0.2},
                  {"size of the correlation in the best region: decoupled, as in PyTorch", false, 0.2},
                  {"points that the best pair is ahead of L2's: as in the paper", true, 0.1},
                  {"points that the best pair is ahead of L2's: as in PyTorch", true, 0.1}},
    .run = run};

}  // namespace gradus::lab
