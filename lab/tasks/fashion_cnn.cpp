#include <ATen/ATen.h>
#include <fmt/format.h>

#include "gradus/core/error.hpp"
#include "lab/data/images.hpp"
#include "lab/tasks/kinds.hpp"
#include "lab/tasks/nets.hpp"

namespace gradus::lab {
namespace {

/// Two convolutions of 3 x 3, of which the first takes every other pixel and the second is followed by a maximum over
/// 2 x 2; and two linear layers.
class Cnn final : public Net {
 public:
  static constexpr std::int64_t kFirst = 16, kSecond = 32, kHidden = 128;
  static constexpr std::int64_t kSmallestSide = 3;  // what leaves one pixel after both

  Cnn(std::int64_t rows, std::int64_t columns, at::Generator& random)
      : first_(add_layer("conv1", {kFirst, 1, 3, 3}, random)),
        second_(add_layer("conv2", {kSecond, kFirst, 3, 3}, random)),
        hidden_(add_layer("hidden", {kHidden, kSecond * ((rows + 1) / 4) * ((columns + 1) / 4)}, random)),
        output_(add_layer("output", {kClasses, kHidden}, random)) {}

  [[nodiscard]] at::Tensor scores(const at::Tensor& images) const override {
    const at::Tensor first = at::conv2d(images, first_.weight, first_.bias, 2, 1).relu_();
    const at::Tensor second =
        at::max_pool2d(at::conv2d(first, second_.weight, second_.bias, 1, 1), 2).relu_();
    const at::Tensor hidden = at::linear(second.flatten(1), hidden_.weight, hidden_.bias).relu_();
    return at::linear(hidden, output_.weight, output_.bias);
  }

 private:
  Layer first_, second_, hidden_, output_;
};

std::unique_ptr<const Task> load(const TaskSource& source) {
  Dataset data = load_images(source.data.empty() ? kFashionMnist : source.data);
  const std::int64_t rows = data.train.inputs.size(2), columns = data.train.inputs.size(3);
  if (std::min(rows, columns) < Cnn::kSmallestSide)
    throw Error(fmt::format("{}: images of {} x {} are too small for fashion-cnn; it takes {} x {} or more",
                            data.name, rows, columns, Cnn::kSmallestSide, Cnn::kSmallestSide));
  return make_net_task(std::move(data), make_cnn(rows, columns), accuracy, source.model);
}

}  // namespace

NetMaker make_cnn(std::int64_t rows, std::int64_t columns) {
  return [rows, columns](at::Generator& random) { return std::make_unique<Cnn>(rows, columns, random); };
}

const TaskKind kFashionCnn{
    .name = "fashion-cnn",
    .title = "a convolutional net with two stages and a hidden layer on pictures of clothes",
    .source = "Fashion-MNIST (Debian's dataset-fashion-mnist), or IDX files of yours",
    .size = "55,000 images, 206,922 parameters",
    .minutes = "60; quick: 1",
    .metric = accuracy_metric(kClasses),
    .budget = {.count = 8, .in_epochs = true},
    .quick = {.count = 60},
    .looks = 2,
    .batch = 128,
    .schedule = "cosine",
    .target = 0.90,
    .rules = kUsualRules,
    .takes_model = true,
    .load = load};

}  // namespace gradus::lab
