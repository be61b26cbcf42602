#pragma once

#include <string>
#include <vector>

#include "lab/minima/results.hpp"
#include "lab/report/figures/figure.hpp"

namespace gradus::lab {

/// A figure, and the names that colours are given to in it.
struct Drawing {  // NOLINT(bugprone-exception-escape): as Figure
  Figure figure;
  std::vector<std::string> series;
};

/// Losses along the line and over the plane. Both take slices between two points, not those of nobody.
Drawing line_of_losses(const Slices& slices);
Drawing plane_of_losses(const Slices& slices);
/// Eigenvalues over the training beside their bounds, a panel for each rule and matrix.
Drawing sharpness_on_the_way(const std::vector<Minimum>& minima);

}  // namespace gradus::lab
