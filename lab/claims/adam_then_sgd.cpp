#include "lab/claims/ledger.hpp"
#include "lab/claims/tour.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

Evidence run(Workbench& bench) {
  Evidence evidence{.answers = {},
                    .plot = {.title = "Adam alone, Adam then SGD, Adam then Adam at another rate, and SWATS",
                             .x_title = "step",
                             .y_title = "accuracy",
                             .points = {}}};
  for (const Stop& stop : tour()) {
    if (stop.task != &kFashionMlp && stop.task != &kFashionCnn) continue;
    const RaceResults race = bench.race({.task = stop.task,
                                         .rules = "adam,adam>sgd,adam>adam,swats",
                                         .schedule = "constant",
                                         .budget = stop.budget,
                                         .quick = stop.quick,
                                         .looks = stop.looks});
    evidence.answers.push_back(lead_of(race, "adam>sgd", "adam"));
    evidence.answers.push_back(lead_of(race, "adam>sgd", "adam>adam"));
    evidence.answers.push_back(lead_of(race, "swats", "adam"));
    add_curves(evidence.plot, stop.name, race, test_metric_at);
  }
  return evidence;
}

}  // namespace

const Claim kAdamThenSgd{
    .number = 14,
    .name = "adam-then-sgd",
    .sentence = "Adam first, then SGD, refines what Adam has found.",
    .measured =
        "Adam at a rate that no schedule lowers, beside Adam that gives way to SGD half-way. What changes "
        "there is also the rate, which is tuned anew: so Adam that gives way to Adam, at another rate that "
        "is tuned in the same way, tells what SGD has to do with it. SWATS switches by itself. Looked at "
        "are points of accuracy on the test set.",
    .protocol =
        "A perceptron (600 steps) and a CNN (200) on Fashion-MNIST, quick: a tenth of that; rates tuned on "
        "other seeds, the second phase's after the first one's.",
    .otherwise = "Adam then SGD would end no higher than Adam then Adam.",
    .lesson = "supported",
    .for_it =
        {{"Keskar & Socher, \"Improving generalization performance by switching from Adam to SGD\", 2017."},
         {"Wu et al., \"Google's neural machine translation system\", 2016: Adam, then SGD."}},
    .against_it = {{"Loshchilov & Hutter, \"Decoupled weight decay regularization\", ICLR 2019: with "
                    "decoupled decay and a schedule Adam needs no switch."}},
    .questions = {{"points that Adam then SGD ends ahead of Adam: perceptron", true, 0.1},
                  {"points that Adam then SGD ends ahead of Adam then Adam: perceptron", true, 0.1},
                  {"points that SWATS ends ahead of Adam: perceptron", true, 0.1},
                  {"points that Adam then SGD ends ahead of Adam: CNN", true, 0.1},
                  {"points that Adam then SGD ends ahead of Adam then Adam: CNN", true, 0.1},
                  {"points that SWATS ends ahead of Adam: CNN", true, 0.1}},
    .run = run};

}  // namespace gradus::lab
