#include <algorithm>
#include <cmath>

#include "lab/claims/ledger.hpp"
#include "lab/claims/looks.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

struct Net {
  const char* name;  ///< of its panel
  const TaskKind* task;
  Budget budget, quick;
  int looks;
};

constexpr Net kNets[] = {{"perceptron", &kFashionMlp, {.count = 1500}, {.count = 150}, 8},
                         {"CNN", &kFashionCnn, {.count = 300}, {.count = 60}, 4}};

double last_loss(const Run& run) { return run.probed.back().front(); }

/// ln of a number of the rule's beside momentum's, by seed, where both came down to the loss at which the later of
/// them ended.
std::vector<double> sharper(const RaceResults& race, std::string_view rule, double SharpLook::*number) {
  std::vector<double> ratios;
  for (std::size_t seed = 0; seed < race.settings.seeds.size(); ++seed) {
    const Run &a = entry_of(race, rule).runs.at(seed), &b = entry_of(race, "momentum").runs.at(seed);
    ratios.push_back(kNotMeasured);
    if (a.diverged || b.diverged) continue;
    const double loss = std::max(last_loss(a), last_loss(b));
    const auto at_a = at_loss(a, loss), at_b = at_loss(b, loss);
    if (at_a && at_b) ratios.back() = std::log(*at_a.*number / (*at_b.*number));
  }
  return ratios;
}

double largest_at(const Run& run, std::size_t look) {
  return look < run.probed.size() ? run.probed[look].at(1) : kNotMeasured;
}

Evidence run(Workbench& bench) {
  Evidence evidence{.answers = {},
                    .plot = {.title = "Largest eigenvalue of the Hessian while nets are trained",
                             .x_title = "step",
                             .y_title = "largest eigenvalue",
                             .log_y = true,
                             .points = {}}};
  for (const Net& net : kNets) {
    const RaceResults race = bench.race({.task = net.task,
                                         .rules = "momentum,rmsprop,adam",
                                         .schedule = "constant",
                                         .budget = net.budget,
                                         .quick = net.quick,
                                         .looks = net.looks,
                                         .probe = &kSharpness});
    for (const auto number : {&SharpLook::largest, &SharpLook::worst_rise, &SharpLook::average_rise})
      evidence.answers.push_back(sharper(race, "adam", number));
    evidence.answers.push_back(sharper(race, "rmsprop", &SharpLook::largest));
    add_curves(evidence.plot, net.name, race, largest_at);
  }
  return evidence;
}

std::vector<Question> questions() {
  std::vector<Question> questions;
  for (const Net& net : kNets)
    for (const char* measured :
         {"ln of Adam's largest eigenvalue beside momentum's: ",
          "ln of Adam's adaptive sharpness, worst case: ", "ln of Adam's adaptive sharpness, average: ",
          "ln of RMSProp's largest eigenvalue: "})
      questions.push_back({std::string(measured) + net.name, true, 0.1});
  return questions;
}

}  // namespace

const Claim kSharperMinima{
    .number = 12,
    .name = "sharper-minima",
    .sentence = "Adam finds sharper minima than SGD.",
    .measured =
        "How sharp the loss over 256 training examples is where Adam and SGD with momentum have come down "
        "to one training loss, the higher of the two at which they end: the largest eigenvalue of the "
        "Hessian, which changes when a layer is scaled up and the next one down, and adaptive sharpness, "
        "which does not (Andriushchenko et al.): how far the loss rises when every weight moves by up to "
        "about 5% of itself, in the worst direction and on average. Between looks, logarithms are "
        "interpolated.",
    .protocol =
        "A perceptron (1,500 steps) and a CNN (300) on Fashion-MNIST, quick: 150 and 60. Rates are tuned on "
        "other seeds and no schedule lowers them, so that one loss is not met at the end of one's cosine "
        "and in the middle of the other's.",
    .otherwise = "Adam's curve would not lie above momentum's, and no question would speak for it.",
    .lesson = "supported",
    .for_it = {{"Wang et al., \"The implicit bias for adaptive optimization algorithms on homogeneous neural "
                "networks\", ICML 2021."},
               {"Zhou et al., \"Towards theoretically understanding why SGD generalizes better than Adam "
                "in deep learning\", NeurIPS 2020: SGD escapes sharp basins sooner."}},
    .against_it = {{"Cohen et al., \"Adaptive gradient methods at the edge of stability\", 2022: it is the "
                    "preconditioned Hessian whose sharpness Adam holds down; the plain one may grow."},
                   {"Andriushchenko et al., \"A modern look at the relationship between sharpness and "
                    "generalization\", ICML 2023: what is sharp depends on the measure."}},
    .questions = questions(),
    .run = run};

}  // namespace gradus::lab
