#include <ATen/ATen.h>

#include "lab/data/images.hpp"
#include "lab/tasks/kinds.hpp"
#include "lab/tasks/nets.hpp"

namespace gradus::lab {
namespace {

class Mlp final : public Net {
 public:
  static constexpr std::int64_t kHidden = 128;

  Mlp(std::int64_t pixels, at::Generator& random)
      : hidden_(add_layer("hidden", {kHidden, pixels}, random)),
        output_(add_layer("output", {kClasses, kHidden}, random)) {}

  [[nodiscard]] at::Tensor scores(const at::Tensor& images) const override {
    const at::Tensor hidden = at::linear(images.flatten(1), hidden_.weight, hidden_.bias).relu_();
    return at::linear(hidden, output_.weight, output_.bias);
  }

 private:
  Layer hidden_, output_;
};

std::unique_ptr<const Task> load(const TaskSource& source) {
  Dataset data = load_images(source.data.empty() ? kFashionMnist : source.data);
  const std::int64_t pixels = data.train.inputs[0].numel();
  return make_net_task(std::move(data), make_mlp(pixels), accuracy, source.model);
}

}  // namespace

NetMaker make_mlp(std::int64_t pixels) {
  return [pixels](at::Generator& random) { return std::make_unique<Mlp>(pixels, random); };
}

const TaskKind kFashionMlp{
    .name = "fashion-mlp",
    .title = "a net with one hidden layer of 128 rectified units on pictures of clothes",
    .source = "Fashion-MNIST (Debian's dataset-fashion-mnist), or IDX files of yours",
    .size = "55,000 images, 101,770 parameters",
    .minutes = "3; quick: a half",
    .metric = accuracy_metric(kClasses),
    .budget = {.count = 5, .in_epochs = true},
    .quick = {.count = 2, .in_epochs = true},
    .looks = 5,
    .batch = 256,
    .schedule = "cosine",
    .target = 0.87,
    .rules = kUsualRules,
    .takes_model = true,
    .load = load};

}  // namespace gradus::lab
