#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lab/tasks/task.hpp"

/// Losses along lines and over planes, to be looked at. Those that are not finite are among them as they are.
namespace gradus::lab {

/// Points at equal distances, both ends among them.
struct Axis {
  double from = 0, to = 1;
  std::size_t points = 2;
};

struct Line {
  std::vector<double> t, loss;
};

/// At a + t (b - a): a is at t = 0, b at 1, and an axis from -0.25 to 1.25 goes a quarter beyond both (Goodfellow,
/// Vinyals & Saxe, "Qualitatively characterizing neural network optimization problems", ICLR 2015). Throws Error if the
/// axis has fewer than two points, or a and b are not of one size.
Line loss_along_line(Landscape& landscape, std::span<const double> a, std::span<const double> b,
                     const Axis& t);

/// What Problem::parameters() returns.
using Parameters = std::vector<std::pair<std::string, Shape>>;

/// The direction with each filter scaled to the length of the point's, and with zeros for parameters of one dimension,
/// biases and norms (Li et al., "Visualizing the loss landscape of neural nets", NeurIPS 2018, section 4). Filters are
/// what a parameter's first index counts: a convolution's outputs, a linear layer's rows. Throws Error unless both have
/// as many numbers as the parameters.
std::vector<double> filter_normalized(std::vector<double> direction, std::span<const double> point,
                                      const Parameters& parameters);

/// The points origin + s first + t second.
struct Plane {
  std::vector<double> origin, first, second;
};

/// Through a, at (0, 0), and b, at (1, 0). Its second direction is random, of normal numbers that the seed decides,
/// and filter-normalized at a: at t = 1 each filter has moved by its own length.
Plane plane_through(std::span<const double> a, std::span<const double> b, const Parameters& parameters,
                    std::uint64_t seed);

struct Surface {
  std::vector<double> s, t;
  std::vector<std::vector<double>> loss;  ///< [i][j]: at s[i], t[j]
};

Surface loss_over_plane(Landscape& landscape, const Plane& plane, const Axis& s, const Axis& t);

}  // namespace gradus::lab
