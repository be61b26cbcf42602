#include <cmath>

#include "lab/claims/ledger.hpp"
#include "lab/claims/tour.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

/// ln of the training loss over the last looks, less that just after half-way.
double late_progress(const Run& run) {
  const std::size_t looks = run.train_loss.size();
  return std::log(run.train_loss[looks - 1] / run.train_loss[looks / 2]);
}

Evidence run(Workbench& bench) {
  Evidence evidence{
      .answers = {},
      .plot = {.title = "Effective rate of the first layer (the median) at a rate that no schedule lowers",
               .x_title = "step",
               .y_title = "effective rate",
               .log_y = true,
               .points = {}}};
  std::vector<std::vector<double>> progress;
  for (const Stop& stop : tour()) {
    if (stop.task != &kFashionMlp && stop.task != &kGlossBag) continue;
    const RaceResults race = bench.race({.task = stop.task,
                                         .rules = "adam,adagrad",
                                         .schedule = "constant",
                                         .budget = {.count = 3000},
                                         .quick = {.count = 300},
                                         .looks = 20});
    evidence.answers.push_back(of_runs(race, "adam", log_decline_of_rate));
    progress.push_back(of_runs(race, "adam", late_progress));
    add_curves(evidence.plot, stop.name, race, median_rate_at);
  }
  for (std::vector<double>& answer : progress) evidence.answers.push_back(std::move(answer));
  return evidence;
}

}  // namespace

const Claim kAdamStalls{
    .number = 15,
    .name = "adam-stalls",
    .sentence = "Adam stalls late, because its learning rates decay.",
    .measured =
        "Adam at a tuned rate that no schedule lowers. Looked at are its effective rates, rate over root of "
        "the mean square: the median of the first layer at the end beside that at a tenth of the way; and "
        "whether it stalls: the training loss at the end beside that at half-way.",
    .protocol =
        "A perceptron on Fashion-MNIST and a bag of word embeddings on WordNet's definitions, 3,000 steps "
        "(quick: 300); the rate tuned on other seeds. AdaGrad, whose rates can only fall, for comparison.",
    .otherwise = "Adam's curve would rise, or stay.",
    .lesson = "",
    .for_it = {{"Many lessons: \"adaptive learning rates shrink as squared gradients pile up\", which is "
                "said of AdaGrad."}},
    .against_it = {{"Reddi, Kale & Kumar, \"On the convergence of Adam and beyond\", ICLR 2018: Adam's rates "
                    "may also grow, and that is what can keep it from converging."}},
    .questions = {{"ln of Adam's rate at the end, less that at a tenth: perceptron", false, -0.05},
                  {"ln of Adam's rate at the end, less that at a tenth: bag of words", false, -0.05},
                  {"ln of Adam's training loss at the end, less that half-way: perceptron", true, -0.05},
                  {"ln of Adam's training loss at the end, less that half-way: bag of words", true, -0.05}},
    .run = run};

}  // namespace gradus::lab
