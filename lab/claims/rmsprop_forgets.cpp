#include "lab/claims/ledger.hpp"
#include "lab/claims/workbench.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

Evidence run(Workbench& bench) {
  Evidence evidence{.answers = {},
                    .plot = {.title = "Effective rate (the median over the numbers) while the optimum drifts",
                             .x_title = "step",
                             .y_title = "effective rate",
                             .log_y = true,
                             .points = {}}};
  const RaceResults drifting = bench.race({.task = &kDriftingQuadratic, .rules = "adagrad,rmsprop"});
  evidence.answers = {of_runs(drifting, "adagrad", log_decline_of_rate),
                      of_runs(drifting, "rmsprop", log_decline_of_rate),
                      test_metrics(drifting, "adagrad") - test_metrics(drifting, "rmsprop")};
  add_curves(evidence.plot, "", drifting, median_rate_at);
  return evidence;
}

}  // namespace

const Claim kRmspropForgets{
    .number = 4,
    .name = "rmsprop-forgets",
    .sentence = "RMSProp forgets old gradients, and so mends what is wrong with AdaGrad.",
    .measured =
        "The optimum of a noisy quadratic function walks at random, so that nothing that was learned stays "
        "true. Looked at are both rules' effective rates at the end beside those at a tenth of the way, and "
        "the mean excess loss of the later half of the steps.",
    .protocol =
        "The task drifting-quadratic: 4,000 steps (quick: 1,000) at a rate that no schedule lowers, tuned "
        "on other seeds; start, noise and walk drawn by the seed.",
    .otherwise =
        "RMSProp's curve would fall as AdaGrad's does, and AdaGrad would follow the optimum as well as "
        "RMSProp.",
    .lesson = "supported",
    .for_it = {{"Tieleman & Hinton, \"Lecture 6.5: RMSProp\", COURSERA: Neural networks for machine "
                "learning, 2012."},
               {"Zeiler, \"ADADELTA: an adaptive learning rate method\", 2012, section 3.1: a window in "
                "place of the sum."}},
    .against_it = {{"Orabona, \"A modern introduction to online learning\", 2019, chapter 4: with a tuned "
                    "rate the sum of squares is what guarantees low regret."}},
    .questions = {{"ln of AdaGrad's rate at the end, less that at a tenth", false, -0.05},
                  {"ln of RMSProp's rate at the end, less that at a tenth", true, -0.05},
                  {"decades of excess loss that AdaGrad has more than RMSProp", true, 0.02}},
    .run = run};

}  // namespace gradus::lab
