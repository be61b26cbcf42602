#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

/// The file format of MNIST and its kin: a big-endian header (magic number, one length for each dimension),
/// then bytes. Files may be gzipped. Every function throws Error, naming the file, what was found and what
/// was expected, and holds no more memory than the file has bytes to show for.
namespace gradus::lab {

struct IdxImages {
  std::int64_t count = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<std::uint8_t> pixels;  ///< count × rows × columns, row by row
};

/// Throws Error as well, before any pixel is read, when there are not as many images as labels.
IdxImages read_idx_images(const std::filesystem::path& file, std::optional<std::size_t> labels = {});

/// Throws Error as well when a label is not below `classes`.
std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& file, int classes);

}  // namespace gradus::lab
