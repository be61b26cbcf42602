#pragma once

// Tensors to write, and files as they should not be.

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "gradus/checkpoint/tensor_file.hpp"
#include "gradus/checkpoint/write_tensor_file.hpp"
#include "support/files.hpp"
#include "support/text.hpp"

namespace gradus::test {

using namespace checkpoint;

inline std::string length_text(std::uint64_t bytes) {
  std::string text(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) text[i] = static_cast<char>(bytes >> (8 * i));
  return text;
}

/// A file of that header and data.
inline std::string file_text(const std::string& header, const std::string& data = "") {
  return length_text(header.size()) + header + data;
}

inline std::span<const std::byte> bytes_of_text(const std::string& text) {
  return std::as_bytes(std::span(text));
}

/// Of no pattern that a chunk or a page would repeat.
inline std::string noise(std::size_t bytes, std::uint64_t seed = 1) {
  std::string text(bytes, '\0');
  for (char& c : text) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    c = static_cast<char>(seed >> 56U);
  }
  return text;
}

inline GivenTensor given(std::string name, Type type, std::vector<std::int64_t> shape, std::string bytes) {
  return {{std::move(name), type, std::move(shape)},
          [bytes = std::move(bytes)](const Sink& sink) { sink(bytes_of_text(bytes)); }};
}

/// A file of one vector of bytes.
inline void write_bytes(const std::filesystem::path& file, const std::string& bytes,
                        Disk& disk = system_disk()) {
  const std::vector tensors{given("x", Type::u8, {static_cast<std::int64_t>(bytes.size())}, bytes)};
  write_tensor_file(file, tensors, {{"step", "7"}}, disk);
}

inline std::string read_text(const TensorFile& file, std::string_view name) {
  const StoredTensor* const tensor = file.find(name);
  std::string text(tensor == nullptr ? 0 : tensor->bytes, '?');
  file.read(name, std::as_writable_bytes(std::span(text)));
  return text;
}

/// The bytes that write_bytes() wrote.
inline std::string read_bytes(const std::filesystem::path& file) { return read_text(TensorFile(file), "x"); }

}  // namespace gradus::test
