#include "lab/data/images.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "gradus/core/error.hpp"
#include "lab/data/idx.hpp"

namespace gradus::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kHoldOutOneIn = 12;
constexpr std::uint64_t kSplitSeed = 1;  // part of what "validation split" means; it never changes

struct RawExamples {
  IdxImages images;
  std::vector<std::uint8_t> labels;
};

fs::path find_file(const fs::path& folder, const std::string& name) {
  std::error_code error;
  for (const fs::path& file : {folder / name, folder / (name + ".gz")})
    if (fs::exists(file, error)) return file;
  if (folder == kFashionMnist)
    throw Error(
        fmt::format("{} is not there: install Debian's package dataset-fashion-mnist, or name the folder "
                    "of your own four IDX files with --data",
                    (folder / (name + ".gz")).string()));
  throw Error(
      fmt::format("{} has neither {} nor {}.gz: --data names a folder with the four IDX files of MNIST, "
                  "Fashion-MNIST or the like",
                  folder.string(), name, name));
}

RawExamples read_pair(const fs::path& folder, const std::string& stem) {
  const fs::path images = find_file(folder, stem + "-images-idx3-ubyte");
  std::vector<std::uint8_t> labels =
      read_idx_labels(find_file(folder, stem + "-labels-idx1-ubyte"), kClasses);
  const std::size_t count = labels.size();
  return {read_idx_images(images, count), std::move(labels)};
}

Examples as_tensors(RawExamples& raw) {
  const at::Tensor pixels = at::from_blob(
      raw.images.pixels.data(), {raw.images.count, 1, raw.images.rows, raw.images.columns}, at::kByte);
  return {pixels.clone(), at::from_blob(raw.labels.data(), {raw.images.count}, at::kByte).clone()};
}

Examples pick(const Examples& all, const at::Tensor& indices) {
  return {all.inputs.index_select(0, indices), all.targets.index_select(0, indices)};
}

struct Normalization {
  double mean, deviation;
};

/// Of bytes, exactly: by how often each value is there.
Normalization measure(const at::Tensor& images) {
  const at::Tensor counts = at::bincount(images.flatten(), {}, 256).to(at::kDouble);
  const at::Tensor values = at::arange(256, at::kDouble);
  const double n = counts.sum().item<double>(), mean = counts.dot(values).item<double>() / n;
  const double variance = counts.dot((values - mean).square()).item<double>() / n;
  return {mean, variance > 0 ? std::sqrt(variance) : 1};
}

}  // namespace

Dataset load_images(const fs::path& folder) {
  RawExamples train = read_pair(folder, "train"), test = read_pair(folder, "t10k");
  if (train.images.rows != test.images.rows || train.images.columns != test.images.columns)
    throw Error(fmt::format("{}: training images are {} x {}, test images {} x {}; they must be of one size",
                            folder.string(), train.images.rows, train.images.columns, test.images.rows,
                            test.images.columns));
  const std::int64_t held_out = train.images.count / kHoldOutOneIn;
  if (held_out == 0)
    throw Error(fmt::format("{}: {} training images are too few; one in {} is held out for validation",
                            folder.string(), train.images.count, kHoldOutOneIn));

  const at::Tensor order =
      at::randperm(train.images.count, at::detail::createCPUGenerator(kSplitSeed), at::kLong);
  const Examples all = as_tensors(train);
  Dataset data{.name = fmt::format("{} ({})", folder == kFashionMnist ? "Fashion-MNIST" : "IDX files",
                                   folder.string()),
               .train = pick(all, order.slice(0, held_out)),
               .validation = pick(all, order.slice(0, 0, held_out)),
               .test = as_tensors(test),
               .classes = kClasses,
               .prepare = {}};
  data.prepare = [norm = measure(data.train.inputs)](const at::Tensor& pixels) {
    return pixels.to(at::kFloat).sub_(norm.mean).div_(norm.deviation);
  };
  return data;
}

}  // namespace gradus::lab
