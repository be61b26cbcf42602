#include "problem.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <numeric>
#include <string>

#include "gradus/engine/codec.hpp"

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

/// Numbers of either sign and several magnitudes.
template <class F>
void fill(const Buffer& buffer, F number) {
  const engine::Codec codec = engine::codec_for(choose_isa(), buffer.dtype(), Dtype::f32);
  std::array<float, 1021> period;
  for (std::size_t k = 0; k < period.size(); ++k) period[k] = number(static_cast<float>(k));
  for (std::size_t i = 0; i < buffer.size(); i += period.size())
    codec.encode(std::min(period.size(), buffer.size() - i), period.data(), nullptr,
                 buffer.data() + i * bytes_of(buffer.dtype()), nullptr);
}

Array array_of(const Buffer& buffer, bool written) {
  return {buffer.data(), bytes_of(buffer.dtype()), written};
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

std::vector<Shape> flat(std::size_t size) { return {{static_cast<std::int64_t>(size)}}; }

std::vector<Shape> small_mlp() { return {{90, 32}, {90}, {20, 90}, {20}, {10, 20}, {10}}; }

Problem::Problem(const std::vector<Shape>& shapes, const AnyRule& rule, const OptimizerOptions& options,
                 Types types)
    : values_(types.parameter, elements(shapes)),
      gradients_(types.gradient, elements(shapes)),
      optimizer_(rule, options) {
  fill(values_, [](float k) { return 0.01F * (k - 510); });
  fill(gradients_, [](float k) { return 1e-5F * (k - 340) * (k - 700); });
  std::size_t offset = 0;
  for (const Shape& shape : shapes) {
    const std::size_t n = elements(shape);
    parameters_.push_back(optimizer_.add(
        std::to_string(parameters_.size()), shape,
        Elements(types.parameter, values_.data() + offset * bytes_of(types.parameter), n),
        ConstElements(types.gradient, gradients_.data() + offset * bytes_of(types.gradient), n)));
    offset += n;
  }
  for (int i = 0; i < 3; ++i) step();  // leaves no state zero
}

void Problem::clear_gradients() {
  std::memset(gradients_.data(), 0, gradients_.size() * bytes_of(gradients_.dtype()));
}

Arrays Problem::arrays() {
  Arrays arrays{size(), {array_of(values_, true), array_of(gradients_, false)}, 1};
  // The traffic loop leaves the state as it is; only so may it be written to.
  const auto add = [&](const void* data, std::size_t bytes) {
    arrays.all.push_back({static_cast<std::byte*>(const_cast<void*>(data)), bytes, true});
  };
  for (const std::string& name : optimizer_.slots(parameters_.front())) {
    const StateView view = optimizer_.state(parameters_.front(), name);
    if (view.size != size()) continue;
    if (view.dtype == Dtype::halves)  // the upper ones are the parameter
      add(view.beside, layout_of(view.dtype).beside_bytes);
    else
      add(view.data, bytes_of(view.dtype));
  }
  return arrays;
}

}  // namespace gradus::bench
