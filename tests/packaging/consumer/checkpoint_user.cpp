// A program that keeps an array of its own in a file.
#include <array>
#include <cstdio>
#include <gradus/checkpoint/tensor_file.hpp>
#include <gradus/checkpoint/write_tensor_file.hpp>

namespace checkpoint = gradus::checkpoint;

int main() {
  const std::array<float, 3> x{1, 2, 3};
  const std::array tensors{checkpoint::GivenTensor{{"x", checkpoint::Type::f32, {3}},
                                                   checkpoint::from_memory(std::as_bytes(std::span(x)))}};
  checkpoint::write_tensor_file("x.safetensors", tensors, {{"step", "7"}});

  std::array<float, 3> read{};
  const checkpoint::TensorFile file("x.safetensors");
  file.read("x", std::as_writable_bytes(std::span(read)));
  if (read != x || file.metadata().at("step") != "7") {
    std::printf("x: %g %g %g, expected 1 2 3\n", read[0], read[1], read[2]);
    return 1;
  }
}
