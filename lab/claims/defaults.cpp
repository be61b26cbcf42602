#include "lab/claims/ledger.hpp"
#include "lab/claims/tour.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

Evidence run(Workbench& bench) {
  Evidence evidence{.answers = {},
                    .plot = {.title = "The metric on the test set, at tuned rates and at the default ones",
                             .x_title = "step",
                             .y_title = "accuracy or perplexity",
                             .points = {}}};
  for (const Stop& stop : tour()) {
    const RaceResults race = race_at(bench, stop);
    evidence.answers.push_back(lead_of(race, "adam", "adam:lr=0.001"));
    add_curves(evidence.plot, stop.name, race, test_metric_at);
  }
  const Stop& perceptron = tour().front();
  const RaceResults others =
      bench.race({.task = perceptron.task,
                  .rules = "sgd,sgd:lr=0.001,adagrad,adagrad:lr=0.01,rmsprop,rmsprop:lr=0.01",
                  .budget = perceptron.budget,
                  .quick = perceptron.quick,
                  .looks = perceptron.looks});
  for (const auto& [rule, at_default] :
       {std::pair{"sgd", "sgd:lr=0.001"}, {"adagrad", "adagrad:lr=0.01"}, {"rmsprop", "rmsprop:lr=0.01"}})
    evidence.answers.push_back(lead_of(others, rule, at_default));
  add_curves(evidence.plot, "perceptron, other rules", others, test_metric_at);
  return evidence;
}

}  // namespace

const Claim kDefaults{
    .number = 16,
    .name = "defaults",
    .sentence = "The default learning rates are good starting points.",
    .measured =
        "How much better a rule ends on the test set at the rate that was tuned for it than at PyTorch's "
        "default: points of accuracy, or percent of perplexity. Adam (0.001) on five nets; SGD (0.001), "
        "AdaGrad (0.01) and RMSProp (0.01) on the perceptron.",
    .protocol = kTourProtocol,
    .otherwise = "The curves of default rates would end far from those of tuned ones.",
    .lesson = "supported",
    .for_it =
        {{"Kingma & Ba, \"Adam\", ICLR 2015, Algorithm 1: good default settings for the tested problems."},
         {"Schmidt, Schneider & Hennig, \"Descending through a crowded valley\", ICML 2021: defaults of "
          "several optimizers do about as well as one tuned."}},
    .against_it = {{"Sivaprasad et al., \"Optimizer benchmarking needs to account for hyperparameter "
                    "tuning\", ICML 2020: what is lost depends on the budget."}},
    .questions = joined(at_each_stop("points or percent that tuned Adam is ahead of the default", false, 1),
                        {{"points that tuned SGD is ahead of the default: perceptron", false, 1},
                         {"points that tuned AdaGrad is ahead of the default: perceptron", false, 1},
                         {"points that tuned RMSProp is ahead of the default: perceptron", false, 1}}),
    .run = run};

}  // namespace gradus::lab
