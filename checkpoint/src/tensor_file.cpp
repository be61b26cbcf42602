#include "gradus/checkpoint/tensor_file.hpp"

#include <algorithm>

#include "header.hpp"
#include "input.hpp"
#include "record.hpp"
#include "text.hpp"

namespace gradus::checkpoint {

struct TensorFile::Parts {
  explicit Parts(Input opened) : input(std::move(opened)) { read_header(); }

  Input input;
  std::uint64_t data_begin = 0;
  Header header;  // without the record
  bool has_record = false;
  std::string digits;                       // of all chunks, in the order of the data
  std::vector<std::uint64_t> first_chunks;  // of each tensor

  void read_header();
  void take_record(const HeaderHash& hash);
  void count_chunks();
  [[nodiscard]] const StoredTensor& tensor(std::string_view name) const;
  void read_chunk(const StoredTensor& tensor, std::uint64_t chunk, std::span<std::byte> into) const;
  void check_chunk(const StoredTensor& tensor, std::uint64_t chunk, std::span<const std::byte> bytes) const;
  void pass_on(const StoredTensor& tensor, std::vector<std::byte>& buffer, const Sink& sink) const;
};

namespace {

constexpr std::uint64_t kLengthBytes = 8;

std::uint64_t header_bytes_of(const Input& input) {
  std::array<std::byte, kLengthBytes> length{};
  if (input.size() < kLengthBytes)
    fail(input.path(), "has " + std::to_string(input.size()) + " bytes; a safetensors file has 10 at least");
  input.read(0, length);
  const std::uint64_t bytes = from_little_endian(length), rest = input.size() - kLengthBytes;
  if (bytes > rest)
    fail(input.path(), "its header is " + std::to_string(bytes) + " bytes long; the file has " +
                           std::to_string(rest) + " after the length");
  return bytes;
}

/// A record that is not where it belongs, or has lost its name.
void refuse_stray_record(const std::string& file, const Metadata& metadata) {
  for (const auto& [key, value] : metadata)
    if (key == kRecordKey || value.starts_with(kRecordTitle))
      fail(file, "its record of integrity, '" + shown(key) +
                     "', is damaged, or another program has written the file anew");
}

std::size_t chunk_bytes(const StoredTensor& tensor, std::uint64_t chunk) {
  return std::min(kChunk, tensor.bytes - chunk * kChunk);
}

}  // namespace

void TensorFile::Parts::read_header() {
  const std::uint64_t bytes = header_bytes_of(input);
  std::uint64_t at = kLengthBytes;
  HeaderHash hash(bytes);
  HeaderText text(input.path(), bytes, [&](std::span<char> piece) {
    input.read(at, std::as_writable_bytes(piece));
    hash.add(piece);
    at += piece.size();
  });
  data_begin = kLengthBytes + bytes;
  header = parse_header(text, input.size() - data_begin);
  take_record(hash);
  refuse_stray_record(input.path(), header.metadata);
}

void TensorFile::Parts::take_record(const HeaderHash& hash) {
  has_record = hash.has_record();
  if (!has_record) return;
  if (hash.digits() != hash.written())
    fail(input.path(), "its header is damaged: its hash is " + hash.digits() + ", and '" +
                           shown(hash.written()) + "' is written there");
  const auto record = header.metadata.find(kRecordKey);
  digits = record->second.substr(kRecordTitle.size() + kDigits);
  header.metadata.erase(record);
  count_chunks();
}

void TensorFile::Parts::count_chunks() {
  std::uint64_t count = 0;
  for (const StoredTensor& tensor : header.tensors) {
    first_chunks.push_back(count);
    count += chunks_of(tensor.bytes);
  }
  if (digits.size() != kDigits * count)
    fail(input.path(), "its record of integrity has " + std::to_string(digits.size()) +
                           " digits for its data; expected " + std::to_string(kDigits * count));
}

const StoredTensor& TensorFile::Parts::tensor(std::string_view name) const {
  const StoredTensor* const found = header.find(name);
  if (found == nullptr) fail(input.path(), "has no " + tensor_text(name));
  return *found;
}

void TensorFile::Parts::read_chunk(const StoredTensor& tensor, std::uint64_t chunk,
                                   std::span<std::byte> into) const {
  input.read(data_begin + tensor.begin + chunk * kChunk, into);
  if (has_record) check_chunk(tensor, chunk, into);
}

void TensorFile::Parts::check_chunk(const StoredTensor& tensor, std::uint64_t chunk,
                                    std::span<const std::byte> bytes) const {
  const auto place = static_cast<std::size_t>(&tensor - header.tensors.data());
  const std::string expected = digits.substr((first_chunks[place] + chunk) * kDigits, kDigits);
  const std::string found = digits_of(bytes);
  if (found == expected) return;
  const std::uint64_t begin = chunk * kChunk;
  fail(input.path(), tensor_text(tensor.name) + ": bytes " + std::to_string(begin) + " to " +
                         std::to_string(begin + bytes.size()) + " are damaged: their hash is " + found +
                         "; expected " + shown(expected));
}

void TensorFile::Parts::pass_on(const StoredTensor& tensor, std::vector<std::byte>& buffer,
                                const Sink& sink) const {
  for (std::uint64_t chunk = 0; chunk < chunks_of(tensor.bytes); ++chunk) {
    buffer.resize(std::max(buffer.size(), chunk_bytes(tensor, chunk)));
    const std::span<std::byte> piece = std::span(buffer).first(chunk_bytes(tensor, chunk));
    read_chunk(tensor, chunk, piece);
    sink(piece);
  }
}

TensorFile::TensorFile(const std::filesystem::path& file, Record record, Disk& disk) {
  auto parts = std::make_unique<const Parts>(Input(disk, file));
  if (record == Record::required && !parts->has_record)
    fail(parts->input.path(), "has no record of integrity; it is read where none is required");
  parts_ = std::move(parts);
}

TensorFile::~TensorFile() = default;
TensorFile::TensorFile(TensorFile&&) noexcept = default;
TensorFile& TensorFile::operator=(TensorFile&&) noexcept = default;

const std::vector<StoredTensor>& TensorFile::tensors() const { return parts_->header.tensors; }
const StoredTensor* TensorFile::find(std::string_view name) const { return parts_->header.find(name); }
const Metadata& TensorFile::metadata() const { return parts_->header.metadata; }
bool TensorFile::has_record() const { return parts_->has_record; }

void TensorFile::read(std::string_view name, std::span<std::byte> into) const {
  const StoredTensor& tensor = parts_->tensor(name);
  if (into.size() != tensor.bytes)
    fail(parts_->input.path(), tensor_text(name) + " has " + std::to_string(tensor.bytes) +
                                   " bytes; there is room for " + std::to_string(into.size()));
  for (std::uint64_t chunk = 0; chunk < chunks_of(tensor.bytes); ++chunk)
    parts_->read_chunk(tensor, chunk, into.subspan(chunk * kChunk, chunk_bytes(tensor, chunk)));
}

void TensorFile::read(std::string_view name, const Sink& sink) const {
  std::vector<std::byte> buffer;
  parts_->pass_on(parts_->tensor(name), buffer, sink);
}

void TensorFile::verify() const {
  std::vector<std::byte> buffer;
  for (const StoredTensor& tensor : tensors())
    parts_->pass_on(tensor, buffer, [](std::span<const std::byte> /*checked*/) {});
}

}  // namespace gradus::checkpoint
