#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>

namespace gradus::lab {

/// Of any types: small ones, since all of a set stays in memory.
struct Examples {
  at::Tensor inputs;   ///< [n, …]
  at::Tensor targets;  ///< [n] or [n, length]: a class each

  [[nodiscard]] std::int64_t size() const { return inputs.size(0); }
};

struct Dataset {
  std::string name;  ///< with where it was found
  Examples train, validation, test;
  std::int64_t classes = 0;                                     ///< targets are 0 to one less
  std::function<at::Tensor(const at::Tensor& inputs)> prepare;  ///< some inputs, as a net takes them
};

}  // namespace gradus::lab
