#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gradus/engine/any_rule.hpp"
#include "lab/results/results.hpp"

namespace gradus::lab {

/// The points among which a rule's hyperparameters are searched for, by number. A learning rate alone has a
/// grid of two a decade, 10^(k/2). Everything else is a box, filled by Sobol's sequence: learning rates within
/// a factor of 30 of where the search starts, by their logarithm; decay rates by the logarithm of 1 - beta.
class Space {
 public:
  /// `tuned` are hyperparameters of the rule, one at least. Throws
  /// Error for one that there is no range for, which lists those that have one.
  Space(const AnyRule& rule, const std::vector<std::string>& tuned);

  [[nodiscard]] Point at(int number) const;
  /// The first `count` numbers to try: of a grid those around its middle. Throws Error where
  /// a grid of so many would leave what anyone uses.
  [[nodiscard]] std::vector<int> first(int count) const;
  /// Whether the points stand in a row, so that there are others beyond the first and the last.
  [[nodiscard]] bool is_grid() const { return dimensions_.size() == 1 && dimensions_[0].name == "lr"; }
  /// In words: "lr from 3.3e-05 to 0.03, beta2 from 0.9 to 0.9999".
  [[nodiscard]] std::string text() const;

 private:
  enum class Scale { logarithmic, one_minus };
  struct Dimension {
    std::string name;
    double low, high;  // of the logarithm of the value, or of 1 - it
    Scale scale;
  };
  [[nodiscard]] static Dimension dimension(const AnyRule& rule, const std::string& name);
  [[nodiscard]] static double value(const Dimension& dimension, double place);

  std::vector<Dimension> dimensions_;
  int middle_;  // of the grid
};

/// 10^(k/2)
double grid_rate(int k);

/// Where a search for the rule's learning rate begins: its default, or for rules whose default is a mere
/// placeholder (PyTorch gives SGD 1e-3) what its users start from.
double usual_rate(const AnyRule& rule);

/// Hyperparameters that there is a range to search in for, in words: "lr, beta1, …".
std::string searchable();

}  // namespace gradus::lab
