#pragma once

#include <string>
#include <vector>

#include "lab/claims/workbench.hpp"

/// The same short race on each kind of net, for claims that are about all of them.
namespace gradus::lab {

struct Stop {
  const char* name;  ///< of its panel: "CNN"
  const TaskKind* task;
  Budget budget, quick;
  int looks;
  double stated_loss, stated_loss_quick;  ///< on the validation split: how fast it is reached is compared
};

/// A perceptron, a convolutional net, a bag of embeddings, an LSTM and a Transformer.
const std::vector<Stop>& tour();

/// SGD with momentum, RMSProp and Adam, all tuned, and Adam with its rate of 0.001 ("adam:lr=0.001").
RaceResults race_at(Workbench& bench, const Stop& stop);

/// A question for each stop, in their order: "points that Adam is ahead of momentum: CNN".
std::vector<Question> at_each_stop(const std::string& measured, bool claimed_above, double threshold,
                                   int digits = 2);

/// The protocol of all claims that take the tour.
extern const char* const kTourProtocol;

}  // namespace gradus::lab
