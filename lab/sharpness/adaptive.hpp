#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lab/sharpness/sampled.hpp"
#include "lab/tasks/task.hpp"

/// How much the loss L rises near w, where what is near is measured by the parameters' own sizes: sharpness that does
/// not change when a layer is scaled up and the next one down (Andriushchenko et al., "A modern look at the
/// relationship between sharpness and generalization", ICML 2023, section 2, with c = |w|). A parameter that is 0
/// does not move.
namespace gradus::lab {

struct WorstCase {
  double rise = 0;            ///< L(w + delta) - L(w), the largest that was seen, and at least 0
  std::vector<double> delta;  ///< where that was
};

/// max L(w + delta) - L(w) over |delta / |w|| <= rho, element by element and in the Euclidean norm; from below, by
/// `steps` of projected gradient ascent. It starts on the edge of the ball, in a direction that the seed decides, with
/// steps as long as the ball is wide, and halves them where they do not ascend (after Croce & Hein, "Reliable
/// evaluation of adversarial robustness", ICML 2020, section 3, without its momentum). Takes a loss and at most a
/// gradient a step. Throws Error unless rho is positive and L(w) finite.
WorstCase worst_case_sharpness(Landscape& landscape, std::span<const double> w, double rho, std::size_t steps,
                               std::uint64_t seed);

/// E L(w + delta) - L(w) over delta ~ N(0, rho^2 diag(w^2)). A draw is the mean over delta and -delta, which takes the
/// slope at w out of the error. Throws Error for no draws, or unless rho is positive and L(w) finite.
Sampled average_case_sharpness(Landscape& landscape, std::span<const double> w, double rho, std::size_t draws,
                               std::uint64_t seed);

}  // namespace gradus::lab
