#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace gradus {

/// "[2, 3]"
inline std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (const std::int64_t n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}

}  // namespace gradus
