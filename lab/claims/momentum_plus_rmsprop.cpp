#include "lab/claims/ledger.hpp"
#include "lab/claims/tour.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

constexpr const char* kRules = "adam,rmsprop_momentum:alpha=0.999,rmsprop:alpha=0.999,momentum";
constexpr const char* kSum = "rmsprop_momentum:alpha=0.999";

Evidence run(Workbench& bench) {
  Evidence evidence{.answers = {},
                    .plot = {.title = "Adam, and RMSProp with momentum, with the same decay rates",
                             .x_title = "step",
                             .y_title = "accuracy, perplexity, or log10 of what is left",
                             .points = {}}};
  for (const Stop& stop : tour()) {
    if (stop.task == &kFashionCnn || stop.task == &kGlossLstm) continue;
    const RaceResults race = bench.race({.task = stop.task,
                                         .rules = kRules,
                                         .budget = stop.budget,
                                         .quick = stop.quick,
                                         .looks = stop.looks});
    evidence.answers.push_back(lead_of(race, "adam", kSum));
    add_curves(evidence.plot, stop.name, race, test_metric_at);
  }
  const RaceResults turned = bench.race({.task = &kRotatedQuadratic, .rules = kRules});
  evidence.answers.push_back(test_metrics(turned, kSum) - test_metrics(turned, "adam"));
  add_curves(evidence.plot, "rotated quadratic", turned, test_metric_at);
  return evidence;
}

}  // namespace

const Claim kMomentumPlusRmsprop{
    .number = 5,
    .name = "momentum-plus-rmsprop",
    .sentence = "Adam is momentum plus RMSProp.",
    .measured =
        "Beside Adam runs RMSProp with momentum, as libraries have it: momentum of the gradients that have "
        "been divided, where Adam divides the momentum of the gradients, and corrects both means for their "
        "start. The decay rates are the same, 0.9 and 0.999. Looked at is how much better Adam ends; if the "
        "sentence is all that there is to say, it does not.",
    .protocol =
        "A perceptron (600 steps), a bag of word embeddings (600), a Transformer (80), quick: a tenth of "
        "that; and the rotated quadratic, 1,000 steps (quick: 300). Each rule's rate is tuned on other "
        "seeds.",
    .otherwise = "The curves of Adam and of RMSProp with momentum would part.",
    .lesson = "supported",
    .for_it = {{"Kingma & Ba, \"Adam\", ICLR 2015, section 5: how it relates to RMSProp with momentum."},
               {"Goodfellow, Bengio & Courville, \"Deep learning\", 2016, section 8.5.3: best seen as a "
                "variant of RMSProp combined with momentum."}},
    .against_it = {{"Kingma & Ba, the same section: RMSProp with momentum lacks the correction, which "
                    "matters for decay rates near 1."}},
    .questions = {{"points that Adam ends ahead of the sum: perceptron", false, 0.3},
                  {"points that Adam ends ahead of the sum: bag of words", false, 0.3},
                  {"percent of perplexity that Adam ends ahead of the sum: Transformer", false, 1},
                  {"decades that Adam ends ahead of the sum: rotated quadratic", false, 0.3}},
    .run = run};

}  // namespace gradus::lab
