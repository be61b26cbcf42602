#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "lab/sharpness/lanczos.hpp"
#include "lab/sharpness/sampled.hpp"
#include "lab/tasks/task.hpp"

/// The usual measures of how sharp a minimum is, in one go.
namespace gradus::lab {

struct SharpnessOptions {
  double rho = 0.05;                ///< radius of adaptive sharpness, beside parameters of size 1
  std::size_t worst_steps = 40;     ///< of ascent; each takes a loss and at most a gradient
  std::size_t average_draws = 30;   ///< each takes two losses
  std::size_t trace_draws = 30;     ///< each takes a product with the Hessian
  double tolerance = 1e-3;          ///< of the largest eigenvalue, relative
  std::size_t most_products = 100;  ///< for it
  std::uint64_t seed = 0;
};

/// Of a landscape at a point. Losses are flatter where they are lower, and curvatures those of the examples that they
/// are over: numbers are to be compared at one loss, over the same examples.
struct Sharpness {
  double loss = 0;
  double gradient_norm = 0;
  double largest = 0;      ///< eigenvalue of the Hessian
  double largest_off = 0;  ///< by so much at most
  bool converged = false;  ///< that is within the tolerance
  Sampled trace;           ///< of the Hessian
  double worst_rise = 0;   ///< adaptive sharpness of the worst case (adaptive.hpp): from below
  Sampled average_rise;    ///< adaptive sharpness on average
};

/// Throws Error where the loss is not finite, or a Hessian cannot be computed.
Sharpness measure_sharpness(Landscape& landscape, std::span<const double> at,
                            const SharpnessOptions& options = {});

/// Where the problem's parameters are, over so many examples. Throws Error as the other does, and where the task has no
/// examples or fewer.
Sharpness measure_sharpness(Problem& problem, std::int64_t examples, const SharpnessOptions& options = {});

/// The problem's landscape. Throws Error where the task has no examples, or fewer.
std::unique_ptr<Landscape> landscape_of(Problem& problem, std::int64_t examples);

}  // namespace gradus::lab
