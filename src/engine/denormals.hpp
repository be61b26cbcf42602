#pragma once

#include <cstddef>

#include "gradus/engine/isa.hpp"
#include "gradus/states/dtype.hpp"

namespace gradus::engine {

/// Makes 0 of the denormal ones among n numbers of the arithmetic's type.
void flush_denormals(Isa isa, Dtype arithmetic, std::size_t n, void* numbers);

}  // namespace gradus::engine
