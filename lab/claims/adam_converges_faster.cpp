#include <algorithm>
#include <cmath>

#include "lab/claims/ledger.hpp"
#include "lab/claims/tour.hpp"
#include "lab/report/measures.hpp"

namespace gradus::lab {
namespace {

/// How long each run takes to the stated loss on the validation split, in what `at` has for each look: until the end
/// where it never is there.
std::vector<double> ways_to(double loss, const RaceResults& race, std::string_view label,
                            std::vector<double> (*at)(const RaceResults&, const Run&)) {
  const Metric falls{.name = "loss", .highest_is_best = false};
  const auto entry = std::ranges::find(race.entries, label, &Entry::label);
  std::vector<double> ways;
  for (const Run& run : entry->runs) {
    const std::vector<double> places = at(race, run);
    const double reached = reached_at(run.validation_loss, places, falls, loss);
    ways.push_back(run.diverged ? kNotMeasured : std::log(std::isfinite(reached) ? reached : places.back()));
  }
  return ways;
}

std::vector<double> steps_of(const RaceResults& race, const Run&) {
  return {race.settings.looks.begin(), race.settings.looks.end()};
}
std::vector<double> seconds_of(const RaceResults&, const Run& run) { return run.train_seconds; }

double validation_loss_at(const Run& run, std::size_t look) {
  return look < run.validation_loss.size() ? run.validation_loss[look] : kNotMeasured;
}

Evidence run(Workbench& bench) {
  Evidence evidence{.answers = {},
                    .plot = {.title = "Loss on the validation split while five nets are trained",
                             .x_title = "step",
                             .y_title = "validation loss",
                             .points = {}}};
  std::vector<std::vector<double>> in_seconds;
  for (const Stop& stop : tour()) {
    const RaceResults race = race_at(bench, stop);
    const double loss = bench.is_quick() ? stop.stated_loss_quick : stop.stated_loss;
    evidence.answers.push_back(ways_to(loss, race, "adam", steps_of) -
                               ways_to(loss, race, "momentum", steps_of));
    in_seconds.push_back(ways_to(loss, race, "adam", seconds_of) -
                         ways_to(loss, race, "momentum", seconds_of));
    add_curves(evidence.plot, stop.name, race, validation_loss_at);
  }
  for (std::vector<double>& answer : in_seconds) evidence.answers.push_back(std::move(answer));
  return evidence;
}

}  // namespace

const Claim kAdamConvergesFaster{
    .number = 10,
    .name = "adam-converges-faster",
    .sentence = "Adam converges faster than SGD.",
    .measured =
        "How many steps, and how many seconds, tuned Adam takes to a stated loss on the validation split, "
        "beside tuned SGD with momentum: the logarithm of their ratio, so that -0.1 is a tenth fewer. Who "
        "does not get there is counted as if he had at the end.",
    .protocol = kTourProtocol,
    .otherwise = "Adam's curve would lie on momentum's or above it.",
    .lesson = "supported",
    .for_it = {{"Kingma & Ba, \"Adam\", ICLR 2015, section 6: faster on all their nets."},
               {"Zhang et al., \"Why are adaptive methods good for attention models?\", NeurIPS 2020."}},
    .against_it = {{"Choi et al., \"On empirical comparisons of optimizers for deep learning\", 2019: it "
                    "depends on how much is tuned."}},
    .questions = joined(at_each_stop("ln of Adam's steps to the loss, less momentum's", false, -0.05),
                        at_each_stop("ln of Adam's seconds to the loss, less momentum's", false, -0.05)),
    .run = run};

}  // namespace gradus::lab
