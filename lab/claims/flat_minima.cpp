#include "lab/claims/ledger.hpp"
#include "lab/claims/plain_runs.hpp"
#include "lab/report/statistics.hpp"

namespace gradus::lab {
namespace {

constexpr double SharpLook::*kNumbers[] = {&SharpLook::largest, &SharpLook::trace, &SharpLook::worst_rise,
                                           &SharpLook::average_rise};

/// Over ways, by seed: the rank correlation of a number with the test error, both at the stated loss.
std::vector<double> correlations(const std::vector<Way>& ways, double loss, std::size_t seeds,
                                 double SharpLook::*number) {
  std::vector<double> found;
  for (std::size_t seed = 0; seed < seeds; ++seed) {
    std::vector<double> sharp, error;
    for (const Way& way : ways) {
      const std::optional<SharpLook> look = at_loss(way.runs.at(seed), loss);
      sharp.push_back(look ? *look.*number : kNotMeasured);
      error.push_back(look ? 1 - look->test_metric : kNotMeasured);
    }
    found.push_back(rank_correlation(sharp, error));
  }
  return found;
}

void draw(Plot& plot, const std::vector<Way>& ways, double loss) {
  for (const Way& way : ways) {
    std::vector<double> sharp, error;
    for (const Run& run : way.runs)
      if (const std::optional<SharpLook> look = at_loss(run, loss)) {
        sharp.push_back(look->worst_rise);
        error.push_back(100 * (1 - look->test_metric));
      }
    if (sharp.size() == way.runs.size())
      plot.points.push_back(curve_point("", way.rule, estimate(sharp).mean, error));
  }
}

Evidence run(Workbench& bench) {
  Evidence evidence{.answers = {},
                    .plot = {.title = "Test error where runs have come down to one training loss",
                             .x_title = "adaptive sharpness, worst case",
                             .y_title = "test error (%)",
                             .log_x = true,
                             .scattered = true,
                             .points = {}}};
  const double loss = stated_loss(bench);
  const std::vector<Way> sgd = train_in_all_ways(bench, "sgd", 0.1);
  std::vector<Way> all = sgd;
  for (const auto& [rule, lr] : {std::pair{"momentum", 0.01}, {"adam", 1e-3}}) {
    const std::vector<Way> more = train_in_all_ways(bench, rule, lr);
    all.insert(all.end(), more.begin(), more.end());
  }
  const std::size_t seeds = bench.seeds().size();
  for (const auto number : kNumbers) evidence.answers.push_back(correlations(all, loss, seeds, number));
  for (const auto number : kNumbers) evidence.answers.push_back(correlations(sgd, loss, seeds, number));
  draw(evidence.plot, all, loss);
  return evidence;
}

std::vector<Question> questions() {
  std::vector<Question> questions;
  for (const char* runs : {"all runs", "SGD's runs alone"})
    for (const char* number :
         {"largest eigenvalue", "trace", "adaptive sharpness, worst case", "adaptive sharpness, average"})
      questions.push_back(
          {std::string("rank correlation with test error: ") + number + ", " + runs, true, 0.2});
  return questions;
}

}  // namespace

const Claim kFlatMinima{
    .number = 13,
    .name = "flat-minima",
    .sentence = "Flat minima generalise better.",
    .measured =
        "Runs that differ in rule, learning rate and batch, each at the moment when its loss over 512 "
        "training examples comes down to one stated value. Looked at is the rank correlation, over the runs "
        "of a seed, of a measure of sharpness with the error on the test set: if flat is good, it is well "
        "above 0.",
    .protocol =
        "A perceptron on Fashion-MNIST by SGD (rates 0.033, 0.1, 0.3), momentum (0.0033, 0.01, 0.03) and "
        "Adam (0.00033, 0.001, 0.003) in batches of 32, 128 and 512, for 1,500 steps (quick: 150) at a "
        "constant rate. The stated loss is 0.35 (quick: 0.7); runs that do not get there, or are there at "
        "the first of eight looks, are left out. It was 0.42 in a first run, at which many had no look on "
        "either side, so that half of the answers were missing; it was lowered after that.",
    .otherwise = "The points would not rise to the right.",
    .lesson = "supported",
    .for_it = {{"Hochreiter & Schmidhuber, \"Flat minima\", Neural Computation 1997."},
               {"Keskar et al., \"On large-batch training for deep learning: generalization gap and sharp "
                "minima\", ICLR 2017."},
               {"Jiang et al., \"Fantastic generalization measures and where to find them\", ICLR 2020: "
                "sharpness correlates best among forty measures."}},
    .against_it =
        {{"Dinh et al., \"Sharp minima can generalize for deep nets\", ICML 2017: scaled layers make any "
          "minimum sharp."},
         {"Andriushchenko et al., \"A modern look at the relationship between sharpness and "
          "generalization\", ICML 2023: often no correlation, or a negative one."}},
    .questions = questions(),
    .run = run};

}  // namespace gradus::lab
