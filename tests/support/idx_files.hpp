#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "support/files.hpp"

/// Small data sets in MNIST's format, made on the spot.
namespace gradus::test {

inline void write_gzipped(const std::filesystem::path& file, const std::string& bytes) {
  const gzFile out = gzopen(file.c_str(), "wb");
  gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(out);
}

inline std::string big_endian(std::uint32_t word) {
  return {static_cast<char>(word >> 24), static_cast<char>(word >> 16), static_cast<char>(word >> 8),
          static_cast<char>(word)};
}

inline constexpr std::uint32_t kSide = 12;

/// Image i shows a bright row number i % 10 on a noisy ground.
inline std::string idx_images(std::uint32_t count, std::uint32_t side = kSide) {
  std::string bytes = big_endian(0x0803) + big_endian(count) + big_endian(side) + big_endian(side);
  std::uint32_t noise = 1;
  for (std::uint32_t i = 0; i < count; ++i)
    for (std::uint32_t pixel = 0; pixel < side * side; ++pixel) {
      noise = noise * 1664525 + 1013904223;
      bytes += static_cast<char>((noise >> 24) / 2 + (pixel / side == i % 10 ? 120 : 0));
    }
  return bytes;
}

inline std::string idx_labels(std::uint32_t count) {
  std::string bytes = big_endian(0x0801) + big_endian(count);
  for (std::uint32_t i = 0; i < count; ++i) bytes += static_cast<char>(i % 10);
  return bytes;
}

/// The four files: 360 images to learn from, of which the loader holds out 30, and 60 to test with.
inline void write_small_dataset(const std::filesystem::path& folder, std::uint32_t side = kSide) {
  write_gzipped(folder / "train-images-idx3-ubyte.gz", idx_images(360, side));
  write_gzipped(folder / "train-labels-idx1-ubyte.gz", idx_labels(360));
  write_plain(folder / "t10k-images-idx3-ubyte", idx_images(60, side));
  write_plain(folder / "t10k-labels-idx1-ubyte", idx_labels(60));
}

}  // namespace gradus::test
