#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lab/sharpness/operator.hpp"

namespace gradus::lab {

struct LanczosOptions {
  std::size_t count = 1;       ///< of eigenvalues
  double tolerance = 1e-3;     ///< of each residual, as a part of its eigenvalue
  std::size_t products = 100;  ///< at most; as many vectors are kept in memory
  std::uint64_t seed = 0;      ///< of the vector it starts from
};

struct Eigenpair {
  double value = 0;
  double residual = 0;         ///< |A v - value v|, by which an eigenvalue is off at most
  std::vector<double> vector;  ///< of length 1
};

struct Spectrum {
  std::vector<Eigenpair> pairs;  ///< the largest first, that is, the most positive
  std::size_t products = 0;
  bool converged = false;  ///< all residuals are within the tolerance
};

/// The largest eigenvalues of a symmetric matrix of `size` rows, by Lanczos' iteration with every vector made
/// orthogonal to all before it, twice (Parlett, "The symmetric eigenvalue problem", 1998, sections 13.1 and 6.9). An
/// eigenvalue with several eigenvectors is found once, so that there may be fewer pairs than were asked for.
///
/// Throws Error if a product is not finite, or if `count` is 0 or more than `products` or than the size.
Spectrum largest_eigenpairs(const Operator& matrix, std::size_t size, const LanczosOptions& options = {});

}  // namespace gradus::lab
