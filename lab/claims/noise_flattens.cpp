#include <fmt/format.h>

#include <cmath>

#include "lab/claims/ledger.hpp"
#include "lab/claims/plain_runs.hpp"

namespace gradus::lab {
namespace {

using Number = double (*)(const SharpLook&);

double largest(const SharpLook& look) { return look.largest; }
double average_rise(const SharpLook& look) { return look.average_rise; }
double test_error(const SharpLook& look) { return 1 - look.test_metric; }

/// By way and seed, at the stated loss; NaN where a run never came down to it.
std::vector<std::vector<double>> at_stated(const std::vector<Way>& ways, double loss, Number number) {
  std::vector<std::vector<double>> found;
  for (const Way& way : ways) {
    std::vector<double>& by_seed = found.emplace_back();
    for (const Run& run : way.runs) {
      const std::optional<SharpLook> look = at_loss(run, loss);
      by_seed.push_back(look ? number(*look) : kNotMeasured);
    }
  }
  return found;
}

/// Of lr / batch, over ways, by seed.
std::vector<double> correlations_with_noise(const std::vector<Way>& ways, double loss, Number number) {
  const std::vector<std::vector<double>> numbers = at_stated(ways, loss, number);
  std::vector<double> found;
  for (std::size_t seed = 0; seed < numbers.front().size(); ++seed) {
    std::vector<double> noise, of_seed;
    for (std::size_t i = 0; i < ways.size(); ++i) {
      noise.push_back(ways[i].lr / static_cast<double>(ways[i].batch));
      of_seed.push_back(numbers[i][seed]);
    }
    found.push_back(rank_correlation(noise, of_seed));
  }
  return found;
}

/// At the middle rate: ln of a number in batches of 32 beside batches of 512, by seed.
std::vector<double> small_beside_large(const std::vector<Way>& ways, double loss, Number number) {
  const std::vector<std::vector<double>> numbers = at_stated(ways, loss, number);
  std::vector<double> ratios;
  constexpr std::size_t kSmall = 1, kLarge = 7;  // of nine: three rates each of batches of 32, 128 and 512
  for (std::size_t seed = 0; seed < numbers.front().size(); ++seed)
    ratios.push_back(std::log(numbers[kSmall][seed] / numbers[kLarge][seed]));
  return ratios;
}

Evidence run(Workbench& bench) {
  Evidence evidence{
      .answers = {},
      .plot = {.title = "Largest eigenvalue of the Hessian where SGD has come down to one training loss",
               .x_title = "learning rate / batch",
               .y_title = "largest eigenvalue",
               .log_x = true,
               .log_y = true,
               .points = {}}};
  const double loss = stated_loss(bench);
  const std::vector<Way> ways = train_in_all_ways(bench, "sgd", 0.1);
  for (const Number number : {largest, average_rise, test_error}) {
    evidence.answers.push_back(correlations_with_noise(ways, loss, number));
    evidence.answers.push_back(small_beside_large(ways, loss, number));
  }
  const std::vector<std::vector<double>> eigenvalues = at_stated(ways, loss, largest);
  for (std::size_t i = 0; i < ways.size(); ++i)
    evidence.plot.points.push_back(curve_point("", fmt::format("batches of {}", ways[i].batch),
                                               ways[i].lr / static_cast<double>(ways[i].batch),
                                               eigenvalues[i]));
  return evidence;
}

std::vector<Question> questions() {
  std::vector<Question> questions;
  for (const char* number : {"largest eigenvalue", "adaptive sharpness, average", "test error"}) {
    questions.push_back({std::string("rank correlation with rate / batch: ") + number, false, -0.2});
    questions.push_back({std::string("ln in batches of 32 beside 512: ") + number, false, -0.02});
  }
  return questions;
}

}  // namespace

const Claim kNoiseFlattens{
    .number = 19,
    .name = "noise-flattens",
    .sentence = "The noise of SGD finds flat minima.",
    .measured =
        "SGD at rates and in batches whose ratio, to which the noise is proportional, differs up to 144 "
        "times; each run at the moment when its loss over 256 training examples comes down to one stated "
        "value. Looked at is the rank correlation of that ratio with the largest eigenvalue of the Hessian, "
        "with adaptive sharpness and with the error on the test set; and batches of 32 beside those of 512, "
        "at one rate.",
    .protocol =
        "A perceptron on Fashion-MNIST, rates of 0.033, 0.1 and 0.3, batches of 32, 128 and 512, 1,500 "
        "steps (quick: 150) at a constant rate. The stated loss is 0.35 (quick: 0.7); runs that do not get "
        "there, or are there at the first of eight looks, are left out. It was 0.42 in a first run, at "
        "which too few had a look on either side for any answer; it was lowered after that.",
    .otherwise = "The curves would not fall to the right.",
    .lesson = "supported",
    .for_it =
        {{"Keskar et al., \"On large-batch training for deep learning: generalization gap and sharp "
          "minima\", ICLR 2017."},
         {"Jastrzebski et al., \"Three factors influencing minima in SGD\", 2018: the ratio of rate and "
          "batch decides how wide a minimum is found."}},
    .against_it =
        {{"Geiping et al., \"Stochastic training is not necessary for generalization\", ICLR 2022: full "
          "batches with a penalty do as well."},
         {"Cohen et al., \"Gradient descent on neural networks typically occurs at the edge of "
          "stability\", ICLR 2021: the rate holds sharpness down without any noise."}},
    .questions = questions(),
    .run = run};

}  // namespace gradus::lab
