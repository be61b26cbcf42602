#pragma once

#include "core/text_reader.hpp"
#include "gradus/core/hyper.hpp"

namespace gradus {

/// A number or a schedule, of those that parse_schedule() knows.
Hyper read_hyper(TextReader& reader);

}  // namespace gradus
