#pragma once

#include <cstddef>
#include <cstdint>

#include "lab/sharpness/operator.hpp"
#include "lab/sharpness/sampled.hpp"

namespace gradus::lab {

/// The trace of a symmetric matrix of `size` rows, as the mean of v'Av over vectors v of random signs (Hutchinson, "A
/// stochastic estimator of the trace of the influence matrix", 1989): one product a draw, each of variance
/// 2 (|A|^2 - |diagonal of A|^2) in Frobenius' norm. Throws Error for no draws.
Sampled estimate_trace(const Operator& matrix, std::size_t size, std::size_t draws, std::uint64_t seed);

}  // namespace gradus::lab
