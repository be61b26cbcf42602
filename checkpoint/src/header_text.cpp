#include <algorithm>

#include "header.hpp"
#include "record.hpp"
#include "text.hpp"

namespace gradus::checkpoint {

namespace {

constexpr std::size_t kPiece = std::size_t{1} << 16;
/// A parser keeps a whole string, and whole blanks, in memory, and twice. The record of a million tensors,
/// and the names of as many, are such strings.
constexpr std::uint64_t most_run(std::uint64_t header_bytes) { return 8'000'000 + header_bytes / 4; }

bool is_structure(char c) { return std::string_view("{}[],:").find(c) != std::string_view::npos; }

std::string shape_json(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t n : shape) text += (text.empty() ? "" : ",") + std::to_string(n);
  return "[" + text + "]";
}

std::string entry_text(const StoredTensor& tensor) {
  return R"({"dtype":")" + std::string(name_of(tensor.type)) + R"(","shape":)" + shape_json(tensor.shape) +
         R"(,"data_offsets":[)" + std::to_string(tensor.begin) + "," +
         std::to_string(tensor.begin + tensor.bytes) + "]}";
}

}  // namespace

HeaderText::HeaderText(std::string file, std::uint64_t bytes, Read read)
    : file_(std::move(file)), bytes_(bytes), read_(std::move(read)) {
  if (bytes_ < 2 || bytes_ > kMostHeader)
    fail(file_, "its header is " + std::to_string(bytes_) + " bytes long; 2 to " +
                    std::to_string(kMostHeader) + " were expected");
  refill();
  if (here() != '{') fail(file_, "its header does not begin with '{'");
}

void HeaderText::refill() {
  piece_.resize(std::min<std::uint64_t>(kPiece, bytes_ - at_));
  in_piece_ = 0;
  if (piece_.empty()) return;
  read_(piece_);
}

void HeaderText::advance() {
  watch(here());
  ++at_;
  if (++in_piece_ == piece_.size()) refill();
}

/// The parser would take a zero for the end, and a run of any length into memory.
void HeaderText::watch(char c) {
  if (c == '\0') fail(file_, "its header has a zero at byte " + std::to_string(at_));
  if (++run_ > most_run(bytes_))
    fail(file_, "its header has more than " + std::to_string(most_run(bytes_)) +
                    " bytes in a string, a number or blanks, up to byte " + std::to_string(at_));
  if (!escaped_ && (c == '"' || (!in_string_ && is_structure(c)))) run_ = 0;
  if (!escaped_ && c == '"') in_string_ = !in_string_;
  escaped_ = in_string_ && !escaped_ && c == '\\';
}

std::string header_text(const std::string& file, std::span<const StoredTensor> tensors,
                        const Metadata& metadata, const std::string& record) {
  std::string text = std::string(kOpening) + record + '"';
  for (const auto& [key, value] : metadata)
    text += "," + json_string(file, key) + ":" + json_string(file, value);
  text += "}";
  for (const StoredTensor& tensor : tensors)
    text += "," + json_string(file, tensor.name) + ":" + entry_text(tensor);
  text += "}";
  return text + std::string((8 - text.size() % 8) % 8, ' ');
}

}  // namespace gradus::checkpoint
