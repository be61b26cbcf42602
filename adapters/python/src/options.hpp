#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gradus/optimizer.hpp"

namespace gradus::python {

/// An optimizer's options as words.
struct OptionWords {
  std::string non_finite, overflow;
  std::int64_t abort_after;
  bool maximize;
  std::optional<std::int64_t> threads;
  std::string state_dtype, rounding, parameter_rounding;
  bool keep_low_half;
  std::int64_t from_size;
  std::string row_steps;
  std::uint64_t seed;
};

/// Throws Error, which names the option and lists what it may be, for a word that is none.
OptimizerOptions options_of(const OptionWords& words);

}  // namespace gradus::python
