#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "gradus/checkpoint/disk.hpp"
#include "gradus/checkpoint/tensor.hpp"

namespace gradus::checkpoint {

/// A tensor in a file: its bytes, and where they begin, counted from the end of the header.
struct StoredTensor : Tensor {
  std::uint64_t begin = 0, bytes = 0;
};

/// The record of integrity (docs/durability.md) that write_tensor_file leaves in a file and PyTorch does not.
enum class Record { required, optional };

/// A safetensors file to be read. All of its header is checked before memory is taken for it, which is
/// never more than the file's size, three times that of its header and 64 MB. Functions throw Error, which
/// names the file and the tensor, for whatever is not as it must be. Several threads may read at once.
///
/// There is no mapped view: a file that is cut short while it is mapped kills the
/// process that looks at it, and what would prevent that, a handler of SIGBUS, is
/// not for a library to install. pread() says that the file has ended.
class TensorFile {
 public:
  /// Stays open, so that what is renamed over the file later, or removes it, does not matter.
  explicit TensorFile(const std::filesystem::path& file, Record record = Record::required,
                      Disk& disk = system_disk());
  ~TensorFile();
  TensorFile(TensorFile&&) noexcept;
  TensorFile& operator=(TensorFile&&) noexcept;

  /// In the order of their data.
  [[nodiscard]] const std::vector<StoredTensor>& tensors() const;
  /// nullptr: there is none of that name.
  [[nodiscard]] const StoredTensor* find(std::string_view name) const;
  /// Without the record.
  [[nodiscard]] const Metadata& metadata() const;
  /// False: changes of the data go unnoticed.
  [[nodiscard]] bool has_record() const;

  /// All bytes of the tensor, as many as there is room for. After an Error the memory holds anything.
  void read(std::string_view name, std::span<std::byte> into) const;
  /// Piece by piece, of 16 MiB at most; each has been checked against the record when it is handed on.
  void read(std::string_view name, const Sink& sink) const;
  /// Reads all data and compares it with the record.
  void verify() const;

 private:
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace gradus::checkpoint
