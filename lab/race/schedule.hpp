#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/core/hyper.hpp"

namespace gradus::lab {

/// What `--schedule` offers: "constant", "cosine", "step", "exponential", "warmup-cosine".
std::vector<std::string> schedule_names();

/// What it does, in one line.
std::string_view schedule_title(std::string_view name);

/// What the tuned learning rate is multiplied by over a training of `steps` steps: t = 0 at the first. Throws
/// Error for an unknown name.
Schedule make_schedule(std::string_view name, std::int64_t steps);

}  // namespace gradus::lab
