#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::checkpoint {

static_assert(std::endian::native == std::endian::little, "bytes in memory are those of a file");

/// What elements are, as safetensors has it; all of its types but those that are no whole bytes.
enum class Type {
  boolean,
  u8,
  i8,
  f8_e4m3,
  f8_e4m3fnuz,
  f8_e5m2,
  f8_e5m2fnuz,
  f8_e8m0,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  i64,
  u64,
  f64,
  c64  // two f32
};

/// As it stands in a file: "F32".
std::string_view name_of(Type type);
std::size_t bytes_of(Type type);

struct Tensor {
  std::string name;
  Type type = Type::f32;
  std::vector<std::int64_t> shape;  // none: one element
};

/// Of all its elements, row by row; nothing where 64 bits cannot count them, or a dimension is negative.
std::optional<std::uint64_t> bytes_of(const Tensor& tensor);

using Metadata = std::map<std::string, std::string, std::less<>>;

/// Takes bytes as they come, in pieces of any size.
using Sink = std::function<void(std::span<const std::byte>)>;

}  // namespace gradus::checkpoint
