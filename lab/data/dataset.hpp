#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace gradus::lab {

/// Pictures in ten classes.
inline constexpr int kClasses = 10;

struct Examples {
  at::Tensor images;  ///< float [n, 1, rows, columns], normalized
  at::Tensor labels;  ///< int64 [n]

  [[nodiscard]] std::int64_t size() const { return labels.size(0); }
};

/// Train and validation are a fixed random split of the training files; test is the test files.
struct Dataset {
  Examples train, validation, test;
  std::string name;
};

/// Where Debian's package dataset-fashion-mnist puts its files.
inline constexpr const char* kDefaultData = "/usr/share/datasets/fashion-mnist";

/// Reads train-images-idx3-ubyte, train-labels-idx1-ubyte and the two t10k files, each plain or with .gz. One
/// example in twelve (5,000 of Fashion-MNIST's 60,000) is held out for validation; mean and deviation of the
/// rest normalize all. Throws Error when a file is missing or is not what it should be.
Dataset load_dataset(const std::filesystem::path& folder);

}  // namespace gradus::lab
