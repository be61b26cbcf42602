#include "lab/models/model.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "lab/data/dataset.hpp"

namespace gradus::lab {
namespace {

class Mlp final : public Model {
 public:
  static constexpr std::int64_t kHidden = 128;

  Mlp(ImageSize images, at::Generator& random)
      : hidden_(add_layer("hidden", {kHidden, images.rows * images.columns}, random)),
        output_(add_layer("output", {kClasses, kHidden}, random)) {}

  [[nodiscard]] at::Tensor scores(const at::Tensor& images) const override {
    const at::Tensor hidden = at::linear(images.flatten(1), hidden_.weight, hidden_.bias).relu_();
    return at::linear(hidden, output_.weight, output_.bias);
  }

 private:
  Layer hidden_, output_;
};

class Cnn final : public Model {
 public:
  static constexpr std::int64_t kFirst = 8, kSecond = 16;
  static constexpr std::int64_t kSmallestSide = 9;  // what leaves one pixel after both convolutions

  Cnn(ImageSize images, at::Generator& random)
      : first_(add_layer("conv1", {kFirst, 1, 5, 5}, random)),
        second_(add_layer("conv2", {kSecond, kFirst, 3, 3}, random)),
        output_(add_layer(
            "output", {kClasses, kSecond * side_after(images.rows) * side_after(images.columns)}, random)) {}

  [[nodiscard]] at::Tensor scores(const at::Tensor& images) const override {
    const at::Tensor first = at::conv2d(images, first_.weight, first_.bias, 2).relu_();
    const at::Tensor second = at::conv2d(first, second_.weight, second_.bias, 2).relu_();
    return at::linear(second.flatten(1), output_.weight, output_.bias);
  }

 private:
  /// 5 x 5, then 3 x 3, both with stride 2 and without padding.
  static std::int64_t side_after(std::int64_t side) { return ((side - 5) / 2 + 1 - 3) / 2 + 1; }

  Layer first_, second_, output_;
};

struct Kind {
  const char* name;
  const char* title;
  std::int64_t smallest_side;
  std::unique_ptr<Model> (*make)(ImageSize, at::Generator&);
};

template <class M>
std::unique_ptr<Model> make(ImageSize images, at::Generator& random) {
  return std::make_unique<M>(images, random);
}

constexpr Kind kKinds[] = {
    {"mlp", "one hidden layer of 128 rectified units", 1, make<Mlp>},
    {"cnn", "two strided convolutions of 8 and 16 channels and a linear layer", Cnn::kSmallestSide,
     make<Cnn>},
};

const Kind& find_kind(std::string_view name) {
  for (const Kind& kind : kKinds)
    if (name == kind.name) return kind;
  throw Error(fmt::format("there is no model '{}'; there are: {}", name, listed(model_names())));
}

}  // namespace

std::int64_t Model::parameter_count() const {
  std::int64_t count = 0;
  for (const auto& [name, parameter] : parameters_) count += parameter.numel();
  return count;
}

Model::Layer Model::add_layer(const std::string& name, std::vector<std::int64_t> weight_shape,
                              at::Generator& random) {
  const std::int64_t fan_in =
      std::accumulate(weight_shape.begin() + 1, weight_shape.end(), std::int64_t{1}, std::multiplies<>());
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  Layer layer{at::empty(weight_shape), at::empty({weight_shape.front()})};
  layer.weight.uniform_(-bound, bound, random).set_requires_grad(true);
  layer.bias.uniform_(-bound, bound, random).set_requires_grad(true);
  parameters_.emplace_back(name + ".weight", layer.weight);
  parameters_.emplace_back(name + ".bias", layer.bias);
  return layer;
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) names.emplace_back(kind.name);
  return names;
}

std::string_view model_title(std::string_view name) { return find_kind(name).title; }

std::unique_ptr<Model> make_model(std::string_view name, ImageSize images, std::uint64_t seed) {
  const Kind& kind = find_kind(name);
  if (images.rows < kind.smallest_side || images.columns < kind.smallest_side)
    throw Error(fmt::format("images of {} x {} are too small for the model {}; it takes {} x {} or more",
                            images.rows, images.columns, name, kind.smallest_side, kind.smallest_side));
  at::Generator random = at::detail::createCPUGenerator(seed);
  return kind.make(images, random);
}

}  // namespace gradus::lab
