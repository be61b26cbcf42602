#include "lab/claims/ledger.hpp"
#include "lab/claims/tour.hpp"

namespace gradus::lab {
namespace {

Evidence run(Workbench& bench) {
  Evidence evidence{.answers = {},
                    .plot = {.title = "The metric on the test set while five nets are trained",
                             .x_title = "step",
                             .y_title = "accuracy or perplexity",
                             .points = {}}};
  std::vector<std::vector<double>> over_rmsprop, untuned;
  for (const Stop& stop : tour()) {
    const RaceResults race = race_at(bench, stop);
    evidence.answers.push_back(lead_of(race, "adam", "momentum"));
    over_rmsprop.push_back(lead_of(race, "adam", "rmsprop"));
    untuned.push_back(lead_of(race, "adam:lr=0.001", "momentum"));
    add_curves(evidence.plot, stop.name, race, test_metric_at);
  }
  for (auto* answers : {&over_rmsprop, &untuned})
    for (std::vector<double>& answer : *answers) evidence.answers.push_back(std::move(answer));
  return evidence;
}

}  // namespace

const Claim kAdamAlwaysWins{
    .number = 17,
    .name = "adam-always-wins",
    .sentence = "Adam always wins, and needs no tuning.",
    .measured =
        "How much better tuned Adam ends on the test set than SGD with momentum and than RMSProp, both "
        "tuned: points of accuracy, or percent of perplexity. For the second half of the sentence: how much "
        "better Adam ends at its default rate than tuned momentum. Since the sentence says always, one "
        "answer against it refutes it. This was changed after a look: at first all had to speak against it, "
        "and it "
        "came out mixed.",
    .protocol = kTourProtocol,
    .otherwise = "In some panel another curve would end as well as Adam's.",
    .lesson = "",
    .always = true,
    .for_it = {{"Karpathy, \"A recipe for training neural networks\", 2019: Adam with a rate of 3e-4 is "
                "safe, and forgiving to hyperparameters."}},
    .against_it =
        {{"Schmidt, Schneider & Hennig, \"Descending through a crowded valley\", ICML 2021: no optimizer "
          "wins everywhere."},
         {"Wilson et al., \"The marginal value of adaptive gradient methods in machine learning\", "
          "NeurIPS 2017."}},
    .questions =
        joined(joined(at_each_stop("points or percent that Adam ends ahead of momentum", true, 0.1),
                      at_each_stop("points or percent that Adam ends ahead of RMSProp", true, 0.1)),
               at_each_stop("points or percent that untuned Adam ends ahead of tuned momentum", true, 0)),
    .run = run};

}  // namespace gradus::lab
