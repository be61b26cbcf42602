#include "problem.hpp"

#include <functional>
#include <numeric>
#include <string>

namespace gradus::bench {

namespace {

std::size_t elements(const Shape& shape) {
  return static_cast<std::size_t>(
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()));
}

/// Convolution weights, and the gain and bias of the normalization that follows.
void add_convolution(std::vector<Shape>& shapes, std::int64_t out, std::int64_t in, std::int64_t kernel) {
  shapes.push_back({out, in, kernel, kernel});
  shapes.push_back({out});
  shapes.push_back({out});
}

}  // namespace

std::size_t elements(const std::vector<Shape>& shapes) {
  std::size_t sum = 0;
  for (const Shape& shape : shapes) sum += elements(shape);
  return sum;
}

std::vector<Shape> resnet50() {
  std::vector<Shape> shapes;
  add_convolution(shapes, 64, 3, 7);
  std::int64_t in = 64, width = 64;
  for (const int blocks : {3, 4, 6, 3}) {
    for (int block = 0; block < blocks; ++block) {
      add_convolution(shapes, width, in, 1);
      add_convolution(shapes, width, width, 3);
      add_convolution(shapes, 4 * width, width, 1);
      if (block == 0) add_convolution(shapes, 4 * width, in, 1);
      in = 4 * width;
    }
    width *= 2;
  }
  shapes.push_back({1000, in});
  shapes.push_back({1000});
  return shapes;
}

std::vector<Shape> small_mlp() { return {{90, 32}, {90}, {20, 90}, {20}, {10, 20}, {10}}; }

Problem::Problem(const std::vector<Shape>& shapes, const AnyRule& rule, const OptimizerOptions& options)
    : values_(elements(shapes)), gradients_(values_.size()), optimizer_(rule, options) {
  for (std::size_t i = 0; i < values_.size(); ++i) {  // of either sign and several magnitudes
    const auto k = static_cast<float>(i % 1021);
    values_[i] = 0.01F * (k - 510);
    gradients_[i] = 1e-5F * (k - 340) * (k - 700);
  }
  std::size_t offset = 0;
  for (const Shape& shape : shapes) {
    const std::size_t n = elements(shape);
    parameters_.push_back(optimizer_.add(std::to_string(parameters_.size()), shape,
                                         std::span(values_).subspan(offset, n),
                                         std::span<const float>(gradients_).subspan(offset, n)));
    offset += n;
  }
  for (int i = 0; i < 3; ++i) step();  // leaves no state zero
}

Arrays Problem::arrays() {
  // The traffic loop leaves the state as it is; only so may it be written to.
  const auto state = [&](const char* slot) {
    return const_cast<float*>(optimizer_.state(parameters_.front(), slot).as<float>().data());
  };
  return {values_.size(), values_.data(), state("exp_avg"), state("exp_avg_sq"), gradients_.data()};
}

}  // namespace gradus::bench
