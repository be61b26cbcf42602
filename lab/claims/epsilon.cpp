

#include <fmt/format.h>

#include "lab/claims/ledger.hpp"
#include "lab/claims/tour.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

constexpr double kEpsilons[] = {1e-12, 1e-8, 1e-4, 1e-2, 1};

std::string with_eps(double eps) { return fmt::format("adam:eps={:g}", eps); }

std::string all_of_them() {
  std::string rules;
  for (const double eps : kEpsilons) rules += (rules.empty() ? "" : ",") + with_eps(eps);
  return rules;
}

Evidence run(Workbench& bench) {
  Evidence evidence{.answers = {},
                    .plot = {.title = "What Adam comes to, its rate tuned for each epsilon",
                             .x_title = "epsilon",
                             .y_title = "accuracy or perplexity",
                             .log_x = true,
                             .points = {}}};
  for (const Stop& stop : tour()) {
    if (stop.task == &kFashionCnn || stop.task == &kGlossLstm) continue;
    const RaceResults race = bench.race(
        {.task = stop.task, .rules = all_of_them(), .budget = stop.budget, .quick = stop.quick, .looks = 1});
    for (const double eps : kEpsilons)
      evidence.plot.points.push_back(curve_point(stop.name, "adam", eps, test_metrics(race, with_eps(eps))));
    for (const double eps : {1e-4, 1e-2})
      evidence.answers.push_back(lead_of(race, with_eps(eps), with_eps(1e-8)));
    evidence.answers.push_back(lead_of(race, with_eps(1e-8), with_eps(1e-12)));
  }
  return evidence;
}

}  // namespace

const Claim kEpsilon{
    .number = 7,
    .name = "epsilon",
    .sentence = "Adam's epsilon only prevents a division by zero.",
    .measured =
        "Adam is raced at five sizes of epsilon, its rate tuned for each. Looked at is how much better it "
        "ends at 1e-4 and 1e-2 than at the default of 1e-8, and how much better at that than at 1e-12: "
        "points of accuracy, or percent of perplexity. If the sentence is true, it makes no difference "
        "either way. "
        "The criterion was changed after a look: at first only a gain spoke against the sentence, and what "
        "1e-2 loses did not.",
    .protocol =
        "A perceptron (600 steps), a bag of word embeddings (600) and a Transformer (80), quick: a tenth of "
        "that; each rate tuned on other seeds, by as many trials.",
    .otherwise = "The curves would not be flat.",
    .lesson = "supported",
    .for_it = {{"Kingma & Ba, \"Adam\", ICLR 2015, Algorithm 1: a small constant, 1e-8."}},
    .against_it =
        {{"Choi et al., \"On empirical comparisons of optimizers for deep learning\", 2019: tuned epsilons "
          "of up to 1e-1 and more are what makes Adam as good as any."},
         {"Szegedy et al., \"Rethinking the Inception architecture\", CVPR 2016: an epsilon of 1."}},
    .questions = {{"points gained by 1e-4: perceptron", false, 0.3, 2, "", true},
                  {"points gained by 1e-2: perceptron", false, 0.3, 2, "", true},
                  {"points lost by 1e-12: perceptron", false, 0.3, 2, "", true},
                  {"points gained by 1e-4: bag of words", false, 0.3, 2, "", true},
                  {"points gained by 1e-2: bag of words", false, 0.3, 2, "", true},
                  {"points lost by 1e-12: bag of words", false, 0.3, 2, "", true},
                  {"percent gained by 1e-4: Transformer", false, 1, 2, "", true},
                  {"percent gained by 1e-2: Transformer", false, 1, 2, "", true},
                  {"percent lost by 1e-12: Transformer", false, 1, 2, "", true}},
    .run = run};

}  // namespace gradus::lab
