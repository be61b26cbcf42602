#pragma once

#include <filesystem>

#include "lab/data/examples.hpp"

namespace gradus::lab {

/// Pictures in ten classes.
inline constexpr int kClasses = 10;

/// Where Debian's package dataset-fashion-mnist puts its files.
inline constexpr const char* kFashionMnist = "/usr/share/datasets/fashion-mnist";

/// Reads train-images-idx3-ubyte, train-labels-idx1-ubyte and the two t10k files, each plain or with .gz, into
/// bytes [n, 1, rows, columns] and labels [n]. One example in twelve (5,000 of Fashion-MNIST's 60,000) is held
/// out for validation, by a fixed random split; mean and deviation of the rest normalize all. Throws Error when
/// a file is missing or is not what it should be.
Dataset load_images(const std::filesystem::path& folder);

}  // namespace gradus::lab
