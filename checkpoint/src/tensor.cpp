#include "gradus/checkpoint/tensor.hpp"

#include <algorithm>

#include "types.hpp"

namespace gradus::checkpoint {

namespace {

const TypeRow& row_of(Type type) { return kTypes.at(static_cast<std::size_t>(type)); }

}  // namespace

std::string_view name_of(Type type) { return row_of(type).name; }
std::size_t bytes_of(Type type) { return row_of(type).bytes; }

std::optional<std::uint64_t> bytes_of(const Tensor& tensor) {
  std::uint64_t bytes = bytes_of(tensor.type);
  for (const std::int64_t n : tensor.shape)  // zeros last: none may hide that the others overflow
    if (n < 0 || (n > 0 && __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(n), &bytes))) return {};
  return std::ranges::count(tensor.shape, 0) > 0 ? 0 : bytes;
}

}  // namespace gradus::checkpoint
