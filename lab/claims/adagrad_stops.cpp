#include "lab/claims/ledger.hpp"
#include "lab/claims/workbench.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

/// Decades by which the gap shrinks in the later half of the training.
double late_progress(const Run& run) {
  return run.test_metric[run.test_metric.size() / 2 - 1] - run.test_metric.back();
}

Evidence run(Workbench& bench) {
  Evidence evidence{
      .answers = {},
      .plot = {.title = "How far each rule is from the minimum, at a rate that no schedule lowers",
               .x_title = "step",
               .y_title = "log10 of what is left",
               .points = {}}};
  std::vector<std::vector<double>> progress;
  for (const TaskKind* kind : {&kRotatedQuadratic, &kRosenbrock}) {
    const RaceResults race = bench.race({.task = kind, .rules = "adagrad,rmsprop", .schedule = "constant"});
    evidence.answers.push_back(of_runs(race, "adagrad", log_decline_of_rate));
    progress.push_back(of_runs(race, "adagrad", late_progress));
    add_curves(evidence.plot, kind->name, race, test_metric_at);
  }
  for (std::vector<double>& answer : progress) evidence.answers.push_back(std::move(answer));
  return evidence;
}

}  // namespace

const Claim kAdagradStops{
    .number = 3,
    .name = "adagrad-stops",
    .sentence = "AdaGrad's rate shrinks for ever, and it stops before the optimum.",
    .measured =
        "AdaGrad minimizes two functions without noise at a rate that no schedule lowers. Looked at are the "
        "effective rate at the end beside that at a tenth of the way (the median over the numbers), and how "
        "many decades of what is left the later half of the training still takes off: a rule that has "
        "stopped takes none.",
    .protocol =
        "The rotated quadratic and Rosenbrock's function, the steps of their tasks; the rate tuned on other "
        "seeds, start drawn by the seed. RMSProp for comparison.",
    .otherwise = "AdaGrad's curve would turn flat before the end; so it must, if it stops.",
    .lesson = "supported",
    .for_it = {{"Zeiler, \"ADADELTA: an adaptive learning rate method\", 2012, section 3: the rates decay "
                "throughout training and become infinitesimally small."}},
    .against_it =
        {{"Ward, Wu & Bottou, \"AdaGrad stepsizes: sharp convergence over nonconvex landscapes\", ICML "
          "2019: without noise the sum of squares stays bounded, and it converges as fast as gradient "
          "descent."}},
    .questions = {{"ln of the rate at the end, less that at a tenth: rotated quadratic", false, -0.05},
                  {"ln of the rate at the end, less that at a tenth: Rosenbrock", false, -0.05},
                  {"decades taken off in the later half: rotated quadratic", false, 0.1},
                  {"decades taken off in the later half: Rosenbrock", false, 0.1}},
    .run = run};

}  // namespace gradus::lab
