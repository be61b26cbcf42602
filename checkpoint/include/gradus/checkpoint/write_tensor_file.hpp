#pragma once

#include <filesystem>
#include <functional>
#include <span>

#include "gradus/checkpoint/disk.hpp"
#include "gradus/checkpoint/tensor.hpp"

namespace gradus::checkpoint {

/// A tensor to be written. `give` is called once, and hands
/// all of its bytes to the sink, in pieces of any size.
struct GivenTensor : Tensor {
  std::function<void(const Sink&)> give;
};

/// Gives what lies in memory, which stays there until it is written.
std::function<void(const Sink&)> from_memory(std::span<const std::byte> bytes);

/// Writes a safetensors file with a record of integrity, durably: when it returns, the file is on the
/// disk, and at every moment before, whatever fails, the path has the whole old file or the whole new
/// one. It throws Error, or what a `give` throws, and then the old file is still there (but for one case,
/// which the message tells: the new one is in place, and its folder could not be synced). Nobody else may
/// write to the path meanwhile: who tries gets an Error. Where the path is a symbolic link, the file that
/// it leads to is replaced. Permissions are those of the file that is replaced, or by the umask.
///
/// Tensors are written by the size of their elements, largest first, so
/// that each lies where its type may; those of one size as they are given.
void write_tensor_file(const std::filesystem::path& path, std::span<const GivenTensor> tensors,
                       const Metadata& metadata = {}, Disk& disk = system_disk());

}  // namespace gradus::checkpoint
