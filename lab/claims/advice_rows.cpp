#include "lab/claims/advice.hpp"

namespace gradus::lab {
namespace {

constexpr const char* kAccuracy = "points of accuracy";
constexpr const char* kPerplexity = "% of perplexity";
constexpr const char* kDecades = "decades";

}  // namespace

const std::vector<Place>& places() {
  static const std::vector<Place> kPlaces{
      {"perceptron", {"fashion-mlp"}, "perceptron", "On a perceptron", kAccuracy},
      {"cnn", {"fashion-cnn"}, "CNN", "On a CNN", kAccuracy},
      {"sparse",
       {"gloss-bag", "gloss-bag-dense"},
       "bag of words",
       "On a bag of word embeddings, whose gradients are sparse",
       kAccuracy},
      {"rnn", {"gloss-lstm"}, "LSTM", "On an LSTM", kPerplexity},
      {"transformer", {"gloss-transformer"}, "Transformer", "On a Transformer", kPerplexity},
      {"", {"quadratic"}, "quadratic", "On a quadratic function whose scales lie along the axes", kDecades},
      {"",
       {"rotated-quadratic"},
       "rotated quadratic",
       "On a quadratic function that is turned from the axes",
       kDecades},
      {"", {"rosenbrock"}, "Rosenbrock", "On Rosenbrock's function", kDecades},
      {"", {"drifting-quadratic"}, "drifting quadratic", "Where the optimum drifts", kDecades},
      {"",
       {"wilson"},
       "Wilson's least squares",
       "On the least squares of Wilson et al., made to show that Adam generalises worse",
       "points of error"}};
  return kPlaces;
}

const std::vector<AdviceRow>& advice_rows() {
  using enum Topic;
  static const std::vector<AdviceRow> kRows{
      {optimizer, "adam-always-wins", "Adam ends ahead of momentum",
       "Adam ended {n} {unit} ahead of SGD with momentum, both tuned",
       "Adam ended {n} {unit} behind SGD with momentum, both tuned"},
      {optimizer, "adam-always-wins", "Adam ends ahead of RMSProp",
       "Adam ended {n} {unit} ahead of RMSProp, both tuned",
       "Adam ended {n} {unit} behind RMSProp, both tuned"},
      {optimizer, "adaptive-rules-dominate", "RMSProp ends ahead of momentum",
       "RMSProp ended {n} {unit} ahead of SGD with momentum, both tuned",
       "RMSProp ended {n} {unit} behind SGD with momentum, both tuned"},
      {optimizer, "momentum-plus-rmsprop", "Adam ends ahead of the sum",
       "Adam ended {n} {unit} ahead of RMSProp with momentum, both tuned, with the same decay rates",
       "Adam ended {n} {unit} behind RMSProp with momentum, both tuned, with the same decay rates"},
      {optimizer, "adam-converges-faster", "Adam's steps to the loss, less momentum's",
       "Adam took {n} times the steps of SGD with momentum to a stated loss, both tuned", ""},
      {optimizer, "adam-converges-faster", "Adam's seconds to the loss, less momentum's",
       "Adam took {n} times the seconds of SGD with momentum to a stated loss, both tuned", ""},
      {optimizer, "adam-generalises-worse", "error that Adam has more than momentum",
       "Adam ended with {n} {unit} more than SGD with momentum, both tuned",
       "Adam ended with {n} {unit} less than SGD with momentum, both tuned"},
      {optimizer, "scales", "AdaGrad is ahead of SGD along the axes",
       "AdaGrad ended {n} {unit} nearer to the minimum than SGD, both tuned",
       "AdaGrad ended {n} {unit} farther from the minimum than SGD, both tuned", "quadratic"},
      {optimizer, "scales", "RMSProp is ahead of SGD along the axes",
       "RMSProp ended {n} {unit} nearer to the minimum than SGD, both tuned",
       "RMSProp ended {n} {unit} farther from the minimum than SGD, both tuned", "quadratic"},
      {optimizer, "scales", "Adam is ahead of SGD along the axes",
       "Adam ended {n} {unit} nearer to the minimum than SGD, both tuned",
       "Adam ended {n} {unit} farther from the minimum than SGD, both tuned", "quadratic"},
      {optimizer, "scales", "AdaGrad is ahead of SGD at 45 degrees",
       "AdaGrad ended {n} {unit} nearer to the minimum than SGD, both tuned",
       "AdaGrad ended {n} {unit} farther from the minimum than SGD, both tuned", "rotated quadratic"},
      {optimizer, "scales", "RMSProp is ahead of SGD at 45 degrees",
       "RMSProp ended {n} {unit} nearer to the minimum than SGD, both tuned",
       "RMSProp ended {n} {unit} farther from the minimum than SGD, both tuned", "rotated quadratic"},
      {optimizer, "scales", "Adam is ahead of SGD at 45 degrees",
       "Adam ended {n} {unit} nearer to the minimum than SGD, both tuned",
       "Adam ended {n} {unit} farther from the minimum than SGD, both tuned", "rotated quadratic"},
      {optimizer, "rmsprop-forgets", "excess loss that AdaGrad has more than RMSProp",
       "AdaGrad had {n} {unit} more excess loss than RMSProp, both tuned",
       "AdaGrad had {n} {unit} less excess loss than RMSProp, both tuned", "drifting quadratic"},

      {rate, "defaults", "tuned Adam is ahead of the default",
       "Adam's tuned rate ended {n} {unit} ahead of its default of 0.001",
       "Adam's tuned rate ended {n} {unit} behind its default of 0.001"},
      {rate, "defaults", "tuned SGD is ahead of the default",
       "SGD's tuned rate ended {n} {unit} ahead of its default of 0.001",
       "SGD's tuned rate ended {n} {unit} behind its default of 0.001"},
      {rate, "defaults", "tuned AdaGrad is ahead of the default",
       "AdaGrad's tuned rate ended {n} {unit} ahead of its default of 0.01",
       "AdaGrad's tuned rate ended {n} {unit} behind its default of 0.01"},
      {rate, "defaults", "tuned RMSProp is ahead of the default",
       "RMSProp's tuned rate ended {n} {unit} ahead of its default of 0.01",
       "RMSProp's tuned rate ended {n} {unit} behind its default of 0.01"},
      {rate, "adam-always-wins", "untuned Adam ends ahead of tuned momentum",
       "Adam at its default of 0.001 ended {n} {unit} ahead of tuned SGD with momentum",
       "Adam at its default of 0.001 ended {n} {unit} behind tuned SGD with momentum"},
      {rate, "less-sensitive", "good rates, Adam's less momentum's",
       "Adam had {n} decades of good rates more than SGD with momentum",
       "Adam had {n} decades of good rates fewer than SGD with momentum"},
      {rate, "less-sensitive", "good rates, RMSProp's less momentum's",
       "RMSProp had {n} decades of good rates more than SGD with momentum",
       "RMSProp had {n} decades of good rates fewer than SGD with momentum"},

      {decay_rates, "epsilon", "gained by 1e-4",
       "Adam with an epsilon of 1e-4 ended {n} {unit} ahead of 1e-8",
       "Adam with an epsilon of 1e-4 ended {n} {unit} behind 1e-8"},
      {decay_rates, "epsilon", "gained by 1e-2",
       "Adam with an epsilon of 1e-2 ended {n} {unit} ahead of 1e-8",
       "Adam with an epsilon of 1e-2 ended {n} {unit} behind 1e-8"},
      {decay_rates, "epsilon", "lost by 1e-12", "Adam with an epsilon of 1e-12 ended {n} {unit} behind 1e-8",
       "Adam with an epsilon of 1e-12 ended {n} {unit} ahead of 1e-8"},

      {decay, "adam-stalls", "Adam's rate at the end, less that at a tenth",
       "Adam's effective rates at the end were {n} times those at a tenth of the way, with no schedule", ""},
      {decay, "adam-stalls", "Adam's training loss at the end, less that half-way",
       "Adam's training loss at the end was {n} times that at half-way, with no schedule", ""},
      {decay, "adagrad-stops", "the rate at the end, less that at a tenth",
       "AdaGrad's effective rates at the end were {n} times those at a tenth of the way, with no schedule",
       ""},
      {decay, "adagrad-stops", "taken off in the later half",
       "AdaGrad came {n} {unit} nearer in the later half of the way, with no schedule",
       "AdaGrad went {n} {unit} away again in the later half of the way, with no schedule"},
      {decay, "rmsprop-forgets", "AdaGrad's rate at the end, less that at a tenth",
       "AdaGrad's effective rates at the end were {n} times those at a tenth of the way, with no schedule",
       "", "drifting quadratic"},
      {decay, "rmsprop-forgets", "RMSProp's rate at the end, less that at a tenth",
       "RMSProp's effective rates at the end were {n} times those at a tenth of the way, with no schedule",
       "", "drifting quadratic"},

      {change, "adam-then-sgd", "Adam then SGD ends ahead of Adam",
       "Adam that gave way to SGD half-way ended {n} {unit} ahead of Adam alone",
       "Adam that gave way to SGD half-way ended {n} {unit} behind Adam alone"},
      {change, "adam-then-sgd", "Adam then SGD ends ahead of Adam then Adam",
       "Adam that gave way to SGD ended {n} {unit} ahead of Adam that went on at another rate, also tuned",
       "Adam that gave way to SGD ended {n} {unit} behind Adam that went on at another rate, also tuned"},
      {change, "adam-then-sgd", "SWATS ends ahead of Adam",
       "SWATS, which switches by itself, ended {n} {unit} ahead of Adam alone",
       "SWATS, which switches by itself, ended {n} {unit} behind Adam alone"},
  };
  return kRows;
}

}  // namespace gradus::lab
