#pragma once

#include <functional>
#include <span>
#include <vector>

#include "lab/tasks/task.hpp"

/// How curved a loss is: eigenvalues, traces and losses nearby, of whatever has a Landscape. Without a tensor library.
namespace gradus::lab {

/// A symmetric matrix, as what it makes of a vector: av = A v. The spans are of one size and do not overlap.
using Operator = std::function<void(std::span<const double> v, std::span<double> av)>;

/// The Hessian at x of the landscape, which outlives it.
Operator hessian(Landscape& landscape, std::vector<double> x);

/// P^-1/2 A P^-1/2, which has the eigenvalues of P^-1 A, for the diagonal P. With the Hessian and what Adam divides
/// by, its largest is the sharpness that Adam trains at the edge of (Cohen et al., "Adaptive gradient methods at the
/// edge of stability", 2022, section 3). Throws Error unless all of P is positive and finite.
Operator preconditioned(Operator matrix, std::span<const double> diagonal);

}  // namespace gradus::lab
