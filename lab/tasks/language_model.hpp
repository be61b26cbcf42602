#pragma once

#include <cstdint>
#include <memory>

#include "lab/tasks/net.hpp"

namespace gradus::lab {

/// WordNet's definitions or the user's texts, cut into windows, and a net that tells each next token of them.
std::unique_ptr<const Task> load_language_model(const TaskSource& source,
                                                NetMaker (*make)(std::int64_t tokens));

}  // namespace gradus::lab
