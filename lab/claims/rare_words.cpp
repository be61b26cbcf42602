#include "lab/claims/ledger.hpp"
#include "lab/claims/looks.hpp"
#include "lab/tasks/kinds.hpp"

namespace gradus::lab {
namespace {

constexpr std::size_t kRarest = kQuarters - 1;

/// A net, in mini-batches or in batches that are as near to all of the data as there is time for.
struct Reading {
  const char* name;  ///< of its panel
  const TaskKind* task;
  const char* adaptive;
  Budget budget, quick;
  std::int64_t batch;
};

constexpr Reading kReadings[] = {
    {"bag of words", &kGlossBag, "adam", {.count = 600}, {.count = 60}, 128},
    {"bag of words, AdaGrad", &kGlossBag, "adagrad", {.count = 600}, {.count = 60}, 128},
    {"bag of words, batches of 4,096", &kGlossBag, "adam", {.count = 120}, {.count = 12}, 4096},
    {"bigram", &kGlossBigram, "adam", {.count = 200}, {.count = 12}, 16},
    {"bigram, batches of 128", &kGlossBigram, "adam", {.count = 24}, {.count = 4}, 128},
    {"Transformer", &kGlossTransformer, "adam", {.count = 80}, {.count = 6}, 16}};

/// In nats, by seed: how far momentum's loss lies above the other's on a quarter of the targets.
std::vector<double> lead_on(const RaceResults& race, std::string_view rule, double (*loss)(const Run&)) {
  return of_runs(race, "momentum", loss) - of_runs(race, rule, loss);
}
double loss_on_rarest(const Run& run) { return run.probed.back().at(kRarest); }
double loss_on_most_frequent(const Run& run) { return run.probed.back().at(0); }

void draw(Plot& plot, const char* panel, const RaceResults& race) {
  for (const Entry& entry : race.entries)
    for (std::size_t quarter = 0; quarter < kQuarters; ++quarter) {
      std::vector<double> by_seed;
      for (const Run& run : entry.runs)
        by_seed.push_back(run.diverged ? kNotMeasured : run.probed.back().at(quarter));
      plot.points.push_back(curve_point(panel, entry.label, static_cast<double>(quarter + 1), by_seed));
    }
}

Evidence run(Workbench& bench) {
  Evidence evidence{.answers = {},
                    .plot = {.title = "Loss on the test set by how frequent the class or word to tell is",
                             .x_title = "quarter of the targets, the most frequent first",
                             .y_title = "loss (nats)",
                             .points = {}}};
  for (const Reading& reading : kReadings) {
    const RaceResults race = bench.race({.task = reading.task,
                                         .rules = std::string("momentum,") + reading.adaptive,
                                         .budget = reading.budget,
                                         .quick = reading.quick,
                                         .looks = 1,
                                         .batch = reading.batch,
                                         .probe = &kLossByFrequency});
    const std::vector<double> rarest = lead_on(race, reading.adaptive, loss_on_rarest);
    evidence.answers.push_back(rarest);
    evidence.answers.push_back(rarest - lead_on(race, reading.adaptive, loss_on_most_frequent));
    draw(evidence.plot, reading.name, race);
  }
  return evidence;
}

std::vector<Question> questions() {
  std::vector<Question> questions;
  for (const Reading& reading : kReadings) {
    questions.push_back(
        {std::string("nats ahead of momentum on the rarest quarter: ") + reading.name, true, 0.02});
    questions.push_back({std::string("more than on the most frequent quarter: ") + reading.name, true, 0.02});
  }
  return questions;
}

}  // namespace

const Claim kRareWords{
    .number = 8,
    .name = "rare-words",
    .sentence = "Adaptive rules win on sparse features and rare words.",
    .measured =
        "The loss on the test set, by how frequent its targets are: the quarter of them whose classes are "
        "the rarest, and that whose classes are the most frequent. Looked at is how far an adaptive rule is "
        "ahead of momentum there, in nats, and whether it is more ahead on rare ones; once more in large "
        "batches, where the noise of batches can be no reason.",
    .protocol =
        "Adam beside SGD with momentum, rates tuned on other seeds by as many trials. A bag of word "
        "embeddings, whose gradients are of a few rows and whose classes are 45 fields (AdaGrad, too), a "
        "bigram model and a Transformer, whose classes are 8,000 words: 600, 200 and 80 steps; large "
        "batches 120 and 24 (quick: a tenth).",
    .otherwise = "The curves would run side by side, and be no further apart at rare targets.",
    .lesson = "supported",
    .for_it =
        {{"Duchi, Hazan & Singer, \"Adaptive subgradient methods for online learning and stochastic "
          "optimization\", JMLR 2011: rare features get larger steps."},
         {"Kunstner et al., \"Heavy-tailed class imbalance and why Adam outperforms gradient descent on "
          "language models\", NeurIPS 2024: gradient descent lags on rare words, in full batches too."}},
    .against_it =
        {{"Zhang et al., \"Why are adaptive methods good for attention models?\", NeurIPS 2020: heavy "
          "tails of the gradients' noise are the reason."}},
    .questions = questions(),
    .run = run};

}  // namespace gradus::lab
