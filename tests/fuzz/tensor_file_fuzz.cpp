// A safetensors file as it is; or, where the input begins with '{', its header up to the end of the line and its data
// after it. Such a file gets the length of its header and, where it has a record, the hash of it: no change of an
// input would find them.

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "fuzz.hpp"
#include "gradus/checkpoint/tensor_file.hpp"
#include "gradus/checkpoint/write_tensor_file.hpp"
#include "memory_disk.hpp"
#include "record.hpp"
#include "support/files.hpp"

namespace gradus::fuzz {

namespace {

using namespace checkpoint;

/// With the right hash in its record of integrity, if it has one.
std::string with_hash(std::string header) {
  HeaderHash hash(header.size());
  hash.add(header);
  if (hash.has_record()) header.replace(kOpening.size(), kDigits, hash.digits());
  return header;
}

std::string file_of(std::string_view input) {
  if (!input.starts_with('{')) return std::string(input);
  const std::string_view header = input.substr(0, input.find('\n'));
  const auto length = little_endian(header.size());
  return std::string(reinterpret_cast<const char*>(length.data()), length.size()) +
         with_hash(std::string(header)) +
         std::string(input.substr(std::min(header.size() + 1, input.size())));
}

/// Tensors follow one upon the other to the end of the file, and are what it has there.
void check_layout(const TensorFile& file, std::string_view bytes) {
  std::uint64_t end = 0;
  for (const StoredTensor& tensor : file.tensors()) {
    expect(tensor.begin == end, "neither a hole nor an overlap");
    expect(bytes_of(tensor) == tensor.bytes, "as many bytes as dtype and shape make");
    expect(file.find(tensor.name) == &tensor, "a tensor that is found by its name");
    end += tensor.bytes;
  }
  expect(end <= bytes.size(), "data within the file");
  const std::string_view data = bytes.substr(bytes.size() - end);
  for (const StoredTensor& tensor : file.tensors()) {
    std::string read(tensor.bytes, '?');
    const bool whole = accepts([&] { file.read(tensor.name, std::as_writable_bytes(std::span(read))); });
    expect(whole || file.has_record(), "data that nothing can be held against");
    expect(!whole || read == data.substr(tensor.begin, tensor.bytes), "a tensor's bytes as they stand there");
  }
}

/// Waits for no disk.
class NoWaiting final : public Disk {
 public:
  int fsync(int /*file*/) override { return 0; }
};

/// What is written of it is read back the same, with its record.
void check_written_again(const TensorFile& file) {
  static const test::TemporaryFolder folder;
  static NoWaiting disk;
  const std::filesystem::path path = folder.path() / "again.safetensors";
  std::vector<GivenTensor> given;
  for (const StoredTensor& tensor : file.tensors())
    given.push_back({tensor, [&](const Sink& sink) { file.read(tensor.name, sink); }});
  write_tensor_file(path, given, file.metadata(), disk);

  const TensorFile again(path);
  again.verify();
  expect(again.metadata() == file.metadata(), "the same metadata");
  expect(again.tensors().size() == file.tensors().size(), "as many tensors");
  for (const StoredTensor& tensor : file.tensors()) {
    const StoredTensor* const found = again.find(tensor.name);
    expect(found != nullptr && found->type == tensor.type && found->shape == tensor.shape, "the same tensor");
    std::string before(tensor.bytes, '?'), after(tensor.bytes, '!');
    file.read(tensor.name, std::as_writable_bytes(std::span(before)));
    again.read(tensor.name, std::as_writable_bytes(std::span(after)));
    expect(before == after, "the same bytes");
  }
}

}  // namespace

void look_at(std::string_view input) {
  const std::string bytes = file_of(input);
  MemoryDisk disk(bytes);
  const std::optional<TensorFile> file =
      accepted([&] { return TensorFile("input", Record::optional, disk); });
  const bool has_record = accepts([&] { TensorFile("input", Record::required, disk); }, expect_line);
  expect(has_record == (file && file->has_record()), "a record where one is required");
  if (!file) return;
  check_layout(*file, bytes);
  const bool whole = accepts([&] { file->verify(); });
  expect(whole || has_record, "data that nothing can be held against");
  if (whole) check_written_again(*file);
}

}  // namespace gradus::fuzz
