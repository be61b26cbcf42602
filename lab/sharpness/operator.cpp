#include "lab/sharpness/operator.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "gradus/core/error.hpp"

namespace gradus::lab {

Operator hessian(Landscape& landscape, std::vector<double> x) {
  return [&landscape, x = std::move(x)](std::span<const double> v, std::span<double> hv) {
    landscape.hessian_times(x, v, hv);
  };
}

Operator preconditioned(Operator matrix, std::span<const double> diagonal) {
  std::vector<double> scale;
  for (const double p : diagonal) {
    if (!(p > 0) || std::isinf(p))
      throw Error(fmt::format("a preconditioner's numbers are positive and finite, and one is {}", p));
    scale.push_back(1 / std::sqrt(p));
  }
  return [matrix = std::move(matrix), scale = std::move(scale)](std::span<const double> v,
                                                                std::span<double> av) {
    if (v.size() != scale.size())
      throw Error(fmt::format("a preconditioner of {} numbers for a vector of {}", scale.size(), v.size()));
    std::vector<double> scaled(v.begin(), v.end());
    for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] *= scale[i];
    matrix(scaled, av);
    for (std::size_t i = 0; i < scale.size(); ++i) av[i] *= scale[i];
  };
}

}  // namespace gradus::lab
