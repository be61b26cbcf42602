#pragma once

#include "gradus/engine/compiled.hpp"

namespace gradus::engine {

template <Rule R>
std::unique_ptr<Program> compile_builtin(R rule) {
  return std::make_unique<Compiled<R>>(std::move(rule));
}

}  // namespace gradus::engine

/// Compiles a built-in rule, for every instruction set and dtype, into the file that says so.
#define GRADUS_BUILT_IN(R) \
  template std::unique_ptr<gradus::engine::Program> gradus::engine::compile_builtin(gradus::R)
