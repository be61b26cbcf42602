#pragma once

#include <string>
#include <vector>

#include "lab/claims/looks.hpp"

/// A perceptron on Fashion-MNIST, trained by one rule in nine ways: three learning rates by three sizes of batch, as
/// many steps each, at a rate that no schedule lowers. Claims about sharpness share these trainings.
namespace gradus::lab {

struct Way {
  std::string rule;
  double lr = 0;
  std::int64_t batch = 0;
  std::vector<Run> runs;  ///< by seed, with kSharpness
};

std::vector<Way> train_in_all_ways(Workbench& bench, const std::string& rule, double middle_lr);

/// The loss over the 256 examples at which all ways are compared: one that a run reaches in about the middle.
double stated_loss(const Workbench& bench);

/// Over pairs that both are finite, of ranks (Spearman, "The proof and measurement of association between two
/// things", 1904); NaN for fewer than six.
double rank_correlation(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace gradus::lab
