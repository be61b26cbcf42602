#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/checkpoint/tensor.hpp"
#include "gradus/states/dtype.hpp"
#include "gradus/states/state_options.hpp"

/// How an optimizer stands in a file, but for its arrays: the value of `gradus.optimizer` in the metadata.
namespace gradus::checkpoint {

struct SavedGroup {
  std::string rule;  ///< as rule_text() writes it
  std::string rounding, parameter_rounding, row_steps;
  std::vector<std::string> parameters;
};

struct SavedOptimizer {
  std::int64_t steps = 0;
  std::optional<std::uint64_t> seed;  ///< of stochastic rounding; none in converted files
  std::vector<SavedGroup> groups;
  std::map<std::string, std::string> codes;  ///< of tensors of bytes: what their elements are
};

inline constexpr const char* kOptimizerKey = "gradus.optimizer";

std::string to_json(const SavedOptimizer& optimizer);
/// Throws Error, which names the field and what was expected, for whatever is not of this form.
SavedOptimizer parse_optimizer(const std::string& json);

std::string_view name_of(Rounding rounding);
std::string_view name_of(RowSteps row_steps);

/// What an array is written as, and what lies beside it, if anything: scales of blocks, or the low half.
struct StoredAs {
  Type type;
  std::string_view code;  ///< empty: the type says it
  std::optional<Type> beside;
  std::string_view beside_name;  ///< after the tensor's name and a point
};
StoredAs stored_as(Dtype dtype);

}  // namespace gradus::checkpoint
