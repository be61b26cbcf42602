#include <algorithm>

#include "lab/claims/ledger.hpp"
#include "lab/claims/tour.hpp"

namespace gradus::lab {
namespace {

constexpr std::string_view kOf[] = {"CNN", "LSTM", "Transformer"};

Evidence run(Workbench& bench) {
  Evidence evidence{
      .answers = {},
      .plot = {.title = "The metric on the test set while a CNN, an LSTM and a Transformer are trained",
               .x_title = "step",
               .y_title = "accuracy or perplexity",
               .points = {}}};
  for (const Stop& stop : tour()) {
    if (std::ranges::find(kOf, stop.name) == std::end(kOf)) continue;
    const RaceResults race = race_at(bench, stop);
    evidence.answers.push_back(lead_of(race, "adam", "momentum"));
    evidence.answers.push_back(lead_of(race, "rmsprop", "momentum"));
    add_curves(evidence.plot, stop.name, race, test_metric_at);
  }
  return evidence;
}

}  // namespace

const Claim kAdaptiveRulesDominate{
    .number = 18,
    .name = "adaptive-rules-dominate",
    .sentence = "Adaptive rules dominate on CNNs, recurrent nets and Transformers.",
    .measured =
        "How much better Adam and RMSProp end on the test set than SGD with momentum, all tuned: points of "
        "accuracy, or percent of perplexity.",
    .protocol = kTourProtocol,
    .otherwise = "Momentum's curve would end where those of Adam and RMSProp do.",
    .lesson = "",
    .for_it = {{"Zhang et al., \"Why are adaptive methods good for attention models?\", NeurIPS 2020: on "
                "Transformers."},
               {"Kunstner et al., \"Heavy-tailed class imbalance and why Adam outperforms gradient "
                "descent on language models\", NeurIPS 2024."}},
    .against_it =
        {{"He, Zhang, Ren & Sun, \"Deep residual learning for image recognition\", CVPR 2016, and most "
          "CNNs after it: trained by momentum."}},
    .questions = {{"points that Adam ends ahead of momentum: CNN", true, 0.3},
                  {"points that RMSProp ends ahead of momentum: CNN", true, 0.3},
                  {"percent of perplexity that Adam ends ahead of momentum: LSTM", true, 0.3},
                  {"percent of perplexity that RMSProp ends ahead of momentum: LSTM", true, 0.3},
                  {"percent of perplexity that Adam ends ahead of momentum: Transformer", true, 0.3},
                  {"percent of perplexity that RMSProp ends ahead of momentum: Transformer", true, 0.3}},
    .run = run};

}  // namespace gradus::lab
