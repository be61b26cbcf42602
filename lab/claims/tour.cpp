#include "lab/claims/tour.hpp"

#include "lab/tasks/kinds.hpp"

namespace gradus::lab {

const std::vector<Stop>& tour() {
  static const std::vector<Stop> kStops{{.name = "perceptron",
                                         .task = &kFashionMlp,
                                         .budget = {.count = 600},
                                         .quick = {.count = 60},
                                         .looks = 10,
                                         .stated_loss = 0.45,
                                         .stated_loss_quick = 0.7},
                                        {.name = "CNN",
                                         .task = &kFashionCnn,
                                         .budget = {.count = 200},
                                         .quick = {.count = 20},
                                         .looks = 4,
                                         .stated_loss = 0.6,
                                         .stated_loss_quick = 1},
                                        {.name = "bag of words",
                                         .task = &kGlossBag,
                                         .budget = {.count = 600},
                                         .quick = {.count = 60},
                                         .looks = 8,
                                         .stated_loss = 1.4,
                                         .stated_loss_quick = 2.2},
                                        {.name = "LSTM",
                                         .task = &kGlossLstm,
                                         .budget = {.count = 80},
                                         .quick = {.count = 6},
                                         .looks = 4,
                                         .stated_loss = 6.2,
                                         .stated_loss_quick = 7.5},
                                        {.name = "Transformer",
                                         .task = &kGlossTransformer,
                                         .budget = {.count = 80},
                                         .quick = {.count = 6},
                                         .looks = 4,
                                         .stated_loss = 6.2,
                                         .stated_loss_quick = 7.5}};
  return kStops;
}

RaceResults race_at(Workbench& bench, const Stop& stop) {
  return bench.race({.task = stop.task,
                     .rules = "momentum,rmsprop,adam,adam:lr=0.001",
                     .budget = stop.budget,
                     .quick = stop.quick,
                     .looks = stop.looks});
}

std::vector<Question> at_each_stop(const std::string& measured, bool claimed_above, double threshold,
                                   int digits) {
  std::vector<Question> questions;
  for (const Stop& stop : tour())
    questions.push_back({measured + ": " + stop.name, claimed_above, threshold, digits});
  return questions;
}

const char* const kTourProtocol =
    "Five nets, trained for a short time: a perceptron (600 steps) and a CNN (200) on Fashion-MNIST, a bag "
    "of word embeddings (600), an LSTM and a Transformer (80 each) on WordNet's definitions; quick: a tenth "
    "of that. Each rule's rate is tuned on other seeds over the whole length, by as many trials; the "
    "schedules are the tasks' own. Budgets of this size tell of the beginning of training, not of its end.";

}  // namespace gradus::lab
