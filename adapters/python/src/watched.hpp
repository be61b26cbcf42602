#pragma once

#include <nanobind/nanobind.h>

#include <vector>

#include "gradus/optimizer.hpp"

namespace gradus::python {

/// What a step did to a parameter: of elements that are spread evenly over it, of all where there are not more than so many.
inline constexpr std::size_t kMostSampled = 16'384;

struct Look {
  double gradient_norm, weight_norm, moved;  ///< 2-norms; of a sample, as many times larger as it is smaller
  double dead;                               ///< share of elements whose gradient is 0
  double non_finite;                         ///< share of elements of the parameter that are NaN or infinite
};

/// The elements of a sample, as numbers.
std::vector<double> sampled(Elements elements);
Look look_at(const std::vector<double>& before, Elements x, Elements g);

/// By name, with the median of the elements' learning rates where the rule has such.
nanobind::dict numbers_of(const Look& look, const Optimizer& optimizer, ParameterId parameter);

}  // namespace gradus::python
