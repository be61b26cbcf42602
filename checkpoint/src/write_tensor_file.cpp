#include "gradus/checkpoint/write_tensor_file.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cstring>

#include "header.hpp"
#include "record.hpp"
#include "replacement.hpp"
#include "text.hpp"

namespace gradus::checkpoint {

namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 20;

/// The data of a file, tensor after tensor: hashed by chunks, and written in large pieces.
class Data {
 public:
  Data(Replacement& file, std::uint64_t begin) : file_(file), at_(begin) { buffer_.reserve(kBuffer); }

  void take(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const std::span<const std::byte> part = bytes.first(std::min(bytes.size(), kChunk - in_chunk_));
      hash_.add(part);
      write(part);
      in_chunk_ += part.size();
      if (in_chunk_ == kChunk) end_chunk();
      bytes = bytes.subspan(part.size());
    }
  }
  void end_tensor() {
    if (in_chunk_ > 0) end_chunk();
  }
  void end() { flush(); }

  /// Of all chunks.
  [[nodiscard]] const std::string& digits() const { return digits_; }

 private:
  void end_chunk() {
    digits_ += hash_.digits();
    hash_.restart();
    in_chunk_ = 0;
  }

  void write(std::span<const std::byte> part) {
    if (buffer_.size() + part.size() > kBuffer) flush();
    if (part.size() <= kBuffer)
      buffer_.insert(buffer_.end(), part.begin(), part.end());
    else
      write_on(part);
  }
  void flush() {
    write_on(buffer_);
    buffer_.clear();
  }
  void write_on(std::span<const std::byte> part) {
    file_.write_at(at_, part);
    at_ += part.size();
  }

  Replacement& file_;
  std::uint64_t at_;
  std::vector<std::byte> buffer_;
  Hash hash_;
  std::uint64_t in_chunk_ = 0;
  std::string digits_;
};

/// In the order of the file.
std::vector<const GivenTensor*> ordered(std::span<const GivenTensor> tensors) {
  std::vector<const GivenTensor*> order;
  for (const GivenTensor& tensor : tensors) order.push_back(&tensor);
  const auto by_type = [](const GivenTensor* a, const GivenTensor* b) {
    return bytes_of(a->type) > bytes_of(b->type);
  };
  std::ranges::stable_sort(order, by_type);
  return order;
}

std::vector<StoredTensor> placed(const std::string& file, const std::vector<const GivenTensor*>& order) {
  std::vector<StoredTensor> stored;
  std::uint64_t end = 0;
  for (const GivenTensor* tensor : order) {
    const std::optional<std::uint64_t> bytes = bytes_of(*tensor);
    if (!bytes || *bytes > INT64_MAX - end) fail(file, tensor_text(tensor->name) + ": its shape is none");
    stored.push_back({*tensor, end, *bytes});
    end += *bytes;
  }
  return stored;
}

std::string blank_record(const std::vector<StoredTensor>& tensors) {
  std::uint64_t chunks = 0;
  for (const StoredTensor& tensor : tensors) chunks += chunks_of(tensor.bytes);
  return std::string((1 + chunks) * kDigits, '0');
}

/// What the reader would refuse is not written.
void check_header(const std::string& file, const std::string& text, std::uint64_t data_bytes) {
  std::size_t at = 0;
  HeaderText header(file, text.size(), [&](std::span<char> piece) {
    std::ranges::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at), std::ssize(piece), piece.begin());
    at += piece.size();
  });
  parse_header(header, data_bytes);
}

/// Beyond its limit the kernel would send SIGXFSZ.
void check_size(const std::string& file, std::uint64_t bytes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && bytes > limit.rlim_cur)
    fail(file, "would have " + std::to_string(bytes) + " bytes; files of this process have at most " +
                   std::to_string(limit.rlim_cur));
}

void fill_record(std::string& text, const std::string& digits) {
  text.replace(kOpening.size() + kDigits, digits.size(), digits);
  HeaderHash hash(text.size());
  hash.add(text);
  text.replace(kOpening.size(), kDigits, hash.digits());
}

void give(const std::string& file, const GivenTensor& tensor, std::uint64_t bytes, Data& data) {
  std::uint64_t given = 0;
  const auto complain = [&](const char* how) {
    fail(file, tensor_text(tensor.name) + " was given " + how + std::to_string(given) + " bytes; expected " +
                   std::to_string(bytes));
  };
  tensor.give([&](std::span<const std::byte> piece) {
    given += piece.size();
    if (given > bytes) complain("at least ");
    data.take(piece);
  });
  if (given != bytes) complain("");
  data.end_tensor();
}

}  // namespace

std::function<void(const Sink&)> from_memory(std::span<const std::byte> bytes) {
  return [bytes](const Sink& sink) { sink(bytes); };
}

void write_tensor_file(const std::filesystem::path& path, std::span<const GivenTensor> tensors,
                       const Metadata& metadata, Disk& disk) {
  const std::string file = path.string();
  const std::vector<const GivenTensor*> order = ordered(tensors);
  const std::vector<StoredTensor> stored = placed(file, order);
  const std::uint64_t data_bytes = stored.empty() ? 0 : stored.back().begin + stored.back().bytes;
  std::string header = header_text(file, stored, metadata, blank_record(stored));
  check_header(file, header, data_bytes);
  const std::array<std::byte, 8> length = little_endian(header.size());
  check_size(file, length.size() + header.size() + data_bytes);

  Replacement replacement(disk, path);
  Data data(replacement, length.size() + header.size());
  for (std::size_t i = 0; i < order.size(); ++i) give(file, *order[i], stored[i].bytes, data);
  data.end();
  fill_record(header, data.digits());
  replacement.write_at(length.size(), std::as_bytes(std::span(header)));
  replacement.write_at(0, length);
  replacement.take_its_place();
}

}  // namespace gradus::checkpoint
