#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/checkpoint/tensor_file.hpp"

namespace gradus::checkpoint {

inline constexpr std::uint64_t kMostHeader = 100'000'000;  // safetensors' own limit

/// A header's text, read on as the parser asks for it: only a piece of it is ever in memory.
class HeaderText {
 public:
  /// Fills the span with what comes next.
  using Read = std::function<void(std::span<char>)>;

  HeaderText(std::string file, std::uint64_t bytes, Read read);

  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] bool at_end() const { return at_ == bytes_; }
  [[nodiscard]] char here() const { return piece_[in_piece_]; }
  void advance();

 private:
  void refill();
  void watch(char c);

  std::string file_;
  std::uint64_t bytes_, at_ = 0;
  Read read_;
  std::vector<char> piece_;
  std::size_t in_piece_ = 0;
  std::uint64_t run_ = 0;  // bytes since the last that means something to JSON
  bool in_string_ = false, escaped_ = false;
};

/// What a header says, checked: the tensors' data is `data_bytes` long and has neither holes nor overlaps.
struct Header {
  std::vector<StoredTensor> tensors;   // in the order of their data
  std::vector<std::uint32_t> by_name;  // places among them
  Metadata metadata;                   // with the record
  [[nodiscard]] const StoredTensor* find(std::string_view name) const;
};

/// Throws Error for whatever is not strictly as it must be, or would
/// take more memory than the file, three times its header and 64 MB.
Header parse_header(HeaderText& text, std::uint64_t data_bytes);

/// The text of a header, with what is to be in the record, and blanks up to the next multiple of 8 bytes.
std::string header_text(const std::string& file, std::span<const StoredTensor> tensors,
                        const Metadata& metadata, const std::string& record);

}  // namespace gradus::checkpoint
