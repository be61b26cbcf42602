#include "lab/claims/ledger.hpp"
#include "lab/claims/tour.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

Evidence run(Workbench& bench) {
  Evidence evidence{.answers = {},
                    .plot = {.title = "The metric on the test set while five nets are trained",
                             .x_title = "step",
                             .y_title = "accuracy or perplexity",
                             .points = {}}};
  for (const Stop& stop : tour()) {
    const RaceResults race = race_at(bench, stop);
    evidence.answers.push_back(lead_of(race, "momentum", "adam"));
    add_curves(evidence.plot, stop.name, race, test_metric_at);
  }
  const RaceResults made_for_it = bench.race({.task = &kWilson, .rules = "momentum,adam"});
  std::vector<double> errors = test_metrics(made_for_it, "adam") - test_metrics(made_for_it, "momentum");
  for (double& error : errors) error *= 100;
  evidence.answers.push_back(std::move(errors));
  add_curves(evidence.plot, "Wilson's least squares: error", made_for_it, test_metric_at);
  return evidence;
}

}  // namespace

const Claim kAdamGeneralisesWorse{
    .number = 11,
    .name = "adam-generalises-worse",
    .sentence = "Adam generalises worse than SGD.",
    .measured =
        "How much better tuned SGD with momentum ends on the test set than tuned Adam: points of accuracy, "
        "or percent of perplexity. Beside the nets a problem of least squares that was made to show it "
        "(Wilson et al.).",
    .protocol = kTourProtocol,
    .otherwise = "Momentum's curve would end no better than Adam's.",
    .lesson = "supported",
    .for_it =
        {{"Wilson, Roelofs, Stern, Srebro & Recht, \"The marginal value of adaptive gradient methods in "
          "machine learning\", NeurIPS 2017."},
         {"Keskar & Socher, \"Improving generalization performance by switching from Adam to SGD\", 2017."}},
    .against_it = {{"Choi et al., \"On empirical comparisons of optimizers for deep learning\", 2019: tuned "
                    "well, the more general optimizer is never worse."}},
    .questions =
        joined(at_each_stop("points or percent that momentum ends ahead of Adam", true, 0.3),
               {{"points of error that Adam has more than momentum: Wilson's least squares", true, 1}}),
    .run = run};

}  // namespace gradus::lab
