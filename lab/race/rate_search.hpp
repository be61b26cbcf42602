#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace gradus::lab {

/// How well a learning rate did on the validation split.
struct Score {
  bool diverged = false;
  double accuracy = 0;
  double loss = 0;
};

/// Searches a grid of two rates a decade, 10^(k/2): a fixed number of neighbours around the start first, then
/// further ones while the best lies at an edge, at most kMostExtensions on each side. What it asks for
/// depends on the scores alone, never on the order in which they come.
class RateSearch {
 public:
  static constexpr int kMostExtensions = 4;

  /// `trials` is odd. The middle of the grid is the grid point nearest to `start`.
  RateSearch(double start, int trials);

  /// Learning rates to try that have not been asked for before;
  /// empty while scores are still to come, and in the end.
  std::vector<double> next();
  void record(double lr, const Score& score);

  /// Nothing is left to ask for, nor to come.
  [[nodiscard]] bool done() const;

  /// Highest accuracy, then lowest loss, then lowest rate; none if every trial diverged.
  [[nodiscard]] std::optional<double> best() const;
  /// The best is the lowest or highest rate tried. Neighbours that diverged count as tried.
  [[nodiscard]] bool best_at_edge() const;

 private:
  [[nodiscard]] std::optional<int> best_index() const;
  [[nodiscard]] std::optional<int> extension() const;

  int middle_, reach_;
  std::map<int, std::optional<Score>> tried_;  // by k; empty: still to come
};

/// 10^(k/2)
double grid_rate(int k);

/// Where a search for the named rule's learning rate begins: its default, or for rules whose default is a
/// mere placeholder (PyTorch gives SGD 1e-3) what its users start from.
double usual_rate(std::string_view rule, double default_rate);

}  // namespace gradus::lab
