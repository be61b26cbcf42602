#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gradus/registry.hpp"
#include "lab/claims/ledger.hpp"
#include "lab/claims/tour.hpp"
#include "lab/race/space.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

constexpr int kRates = 9;    // two a decade, around where each rule's users start
constexpr double kNear = 1;  // point of accuracy, or percent of perplexity

struct Sweep {
  std::vector<double> rates;
  std::vector<std::vector<double>>
      behind;  ///< the best rate of the seed, by rate and seed; infinite where it diverged
};

Sweep sweep(Workbench& bench, const Stop& stop, const std::string& rule) {
  const Space space(make_rule(rule), {"lr"});
  const auto entry = [&](double rate) { return fmt::format("{}:lr={:.3g}", rule, rate); };
  Sweep result;
  std::string entries;
  for (const int number : space.first(kRates)) {
    result.rates.push_back(space.at(number).at("lr"));
    entries += (entries.empty() ? "" : ",") + entry(result.rates.back());
  }
  const RaceResults race = bench.race(
      {.task = stop.task, .rules = entries, .budget = stop.budget, .quick = stop.quick, .looks = 1});
  const bool points = race.settings.metric.highest_is_best;
  for (const double rate : result.rates) {
    std::vector<double>& behind = result.behind.emplace_back();
    for (const double metric : test_metrics(race, entry(rate))) {
      const double worth = 100 * (points ? metric : -std::log(metric));
      behind.push_back(std::isfinite(worth) ? -worth : INFINITY);
    }
  }
  for (std::size_t seed = 0; seed < race.settings.seeds.size(); ++seed) {
    double best = INFINITY;
    for (const std::vector<double>& behind : result.behind) best = std::min(best, behind[seed]);
    for (std::vector<double>& behind : result.behind) behind[seed] -= best;
  }
  return result;
}

/// How many decades of rates are near the best, by seed.
std::vector<double> widths(const Sweep& sweep) {
  std::vector<double> widths(sweep.behind.front().size());
  for (const std::vector<double>& behind : sweep.behind)
    for (std::size_t seed = 0; seed < behind.size(); ++seed) widths[seed] += behind[seed] <= kNear ? 0.5 : 0;
  return widths;
}

void draw(Plot& plot, const char* panel, const char* rule, const Sweep& sweep) {
  for (std::size_t i = 0; i < sweep.rates.size(); ++i) {
    std::vector<double> shown = sweep.behind[i];
    for (double& behind : shown) behind = std::min(behind, 10.0);
    plot.points.push_back(curve_point(panel, rule, sweep.rates[i], shown));
  }
}

Evidence run(Workbench& bench) {
  Evidence evidence{.answers = {},
                    .plot = {.title = "How far behind its best each rate ends (10 and more are drawn as 10)",
                             .x_title = "learning rate",
                             .y_title = "points or percent behind",
                             .log_x = true,
                             .points = {}}};
  for (const Stop& stop : tour()) {
    if (stop.task == &kFashionCnn || stop.task == &kGlossLstm) continue;
    const Sweep momentum = sweep(bench, stop, "momentum");
    draw(evidence.plot, stop.name, "momentum", momentum);
    for (const char* rule : {"rmsprop", "adam"}) {
      const Sweep adaptive = sweep(bench, stop, rule);
      draw(evidence.plot, stop.name, rule, adaptive);
      evidence.answers.push_back(widths(adaptive) - widths(momentum));
    }
  }
  return evidence;
}

}  // namespace

const Claim kLessSensitive{
    .number = 9,
    .name = "less-sensitive",
    .sentence = "Adaptive rules are less sensitive to the learning rate.",
    .measured =
        "Nine rates, two a decade, around the one where a rule's users start. Looked at is how many decades "
        "of them end within a point of accuracy, or a percent of perplexity, of the best: RMSProp's and "
        "Adam's less those of SGD with momentum.",
    .protocol =
        "A perceptron (600 steps), a bag of word embeddings (600) and a Transformer (80), quick: a tenth of "
        "that. Every rate runs with every seed; nothing is chosen. Where a curve is best at the first or "
        "last "
        "rate, as both are for the bag of words, more of them may end as well than were tried.",
    .otherwise = "Momentum's valley would be as wide as those of the others.",
    .lesson = "supported",
    .for_it =
        {{"Kingma & Ba, \"Adam\", ICLR 2015, abstract: hyperparameters typically require little tuning."}},
    .against_it =
        {{"Sivaprasad et al., \"Optimizer benchmarking needs to account for hyperparameter tuning\", ICML "
          "2020: what counts is how likely a random choice is good, which depends on the range one draws "
          "from."}},
    .questions = {{"decades of good rates, RMSProp's less momentum's: perceptron", true, 0},
                  {"decades of good rates, Adam's less momentum's: perceptron", true, 0},
                  {"decades of good rates, RMSProp's less momentum's: bag of words", true, 0},
                  {"decades of good rates, Adam's less momentum's: bag of words", true, 0},
                  {"decades of good rates, RMSProp's less momentum's: Transformer", true, 0},
                  {"decades of good rates, Adam's less momentum's: Transformer", true, 0}},
    .run = run};

}  // namespace gradus::lab
