#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gradus/optimizer.hpp"

namespace gradus::python {

/// A parameter's steps, and numbers by slot: arrays of float32 or float64, and single numbers.
using GivenState = std::pair<std::int64_t, nanobind::dict>;

/// Puts state back that was shown as numbers, one GivenState a parameter; slots that are not named stay as they are. What is
/// kept in few bits is rounded to nearest, which changes no number that was shown of it. All or nothing: throws Error for
/// numbers that are not as many as the slot has, and as Optimizer::restore() does.
void restore(Optimizer& optimizer, std::int64_t steps, const std::vector<GivenState>& given);

}  // namespace gradus::python
