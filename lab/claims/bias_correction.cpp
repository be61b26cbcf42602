#include <cmath>

#include "lab/claims/ledger.hpp"
#include "lab/claims/tour.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

constexpr const char* kBoth = "adam,adam_uncorrected";
constexpr const char* kBothAtDefaults = "adam:lr=0.001,adam_uncorrected:lr=0.001";

/// How far the first layer's last step went, beside where it is.
double update_ratio_at(const Run& run, std::size_t look) {
  const std::vector<double>& ratios = run.layers.at(0).update_ratios;
  return look < ratios.size() ? ratios[look] : kNotMeasured;
}

double first_ratio(const Run& run) { return std::log(update_ratio_at(run, 0)); }
double last_ratio(const Run& run) {
  return std::log(update_ratio_at(run, run.layers.at(0).update_ratios.size() - 1));
}

/// ln of the step without correction beside the one with it.
std::vector<double> excess(const RaceResults& race, double (*ratio)(const Run&)) {
  return of_runs(race, "adam_uncorrected", ratio) - of_runs(race, "adam", ratio);
}

Evidence run(Workbench& bench) {
  Evidence evidence{.answers = {},
                    .plot = {.title = "How far a step of the first layer goes, beside its weights",
                             .x_title = "step",
                             .y_title = "update / weight",
                             .log_y = true,
                             .points = {}}};
  const Contest at_defaults{.task = &kFashionMlp, .rules = kBothAtDefaults, .schedule = "constant"};
  Contest first = at_defaults, late = at_defaults;
  first.budget = first.quick = {.count = 20};
  first.looks = 20;
  late.budget = {.count = 3000};
  late.quick = {.count = 300};
  late.looks = 15;
  const RaceResults at_first = bench.race(first), later = bench.race(late);
  evidence.answers = {excess(at_first, first_ratio), excess(at_first, last_ratio), excess(later, last_ratio),
                      lead_of(later, "adam", "adam_uncorrected")};
  add_curves(evidence.plot, "the first 20 steps", at_first, update_ratio_at);
  add_curves(evidence.plot, "the whole training", later, update_ratio_at);
  for (const Stop& stop : tour()) {
    if (stop.task != &kFashionMlp && stop.task != &kGlossTransformer) continue;
    for (const char* rules : {kBothAtDefaults, kBoth}) {
      const RaceResults race = bench.race(
          {.task = stop.task, .rules = rules, .budget = stop.budget, .quick = stop.quick, .looks = 1});
      evidence.answers.push_back(lead_of(race, "adam", "adam_uncorrected"));
    }
  }
  return evidence;
}

}  // namespace

const Claim kBiasCorrection{
    .number = 6,
    .name = "bias-correction",
    .sentence = "Adam's bias correction matters in the first steps.",
    .measured =
        "Adam beside Adam without the two lines that correct its means for their start at 0. How large: the "
        "first layer's steps at one rate, by ln of one beside the other. How long: the same later. And "
        "whether it changes where one ends: the lead on the test set, at the default rate of 0.001 and at "
        "rates tuned for each, in points of accuracy or percent of perplexity.",
    .protocol =
        "A perceptron (20 steps and 3,000 at a constant rate, 600 on a cosine) and a Transformer (80 "
        "steps), quick: a tenth of the longer ones; tuned rates come from other seeds, by as many trials "
        "for both.",
    .otherwise = "Both curves would be one from the first step on.",
    .lesson = "supported",
    .for_it =
        {{"Kingma & Ba, \"Adam\", ICLR 2015, sections 3 and 6.4: without it the first steps are too large "
          "where beta2 is close to 1."}},
    .against_it =
        {{"Ma & Yarats, \"On the adequacy of untuned warmup for adaptive optimization\", AAAI 2021: a "
          "warm-up does the same, so that the correction can be left out."}},
    .questions = {{"ln of the uncorrected step beside the corrected: step 1", true, 0.1},
                  {"ln of the uncorrected step beside the corrected: step 20", true, 0.1},
                  {"ln of the uncorrected step beside the corrected: the last of 3,000 (quick: 300)", false,
                   0.1},
                  {"points lost without it at the end of those", true, 0.3},
                  {"points lost without it, at the default rate: perceptron", true, 0.3},
                  {"points lost without it, rates tuned: perceptron", true, 0.3},
                  {"percent lost without it, at the default rate: Transformer", true, 1},
                  {"percent lost without it, rates tuned: Transformer", true, 1}},
    .run = run};

}  // namespace gradus::lab
