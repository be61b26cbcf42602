// The same step by libtorch's own AdamW.

#include <torch/torch.h>

#include "paired.hpp"
#include "problem.hpp"

namespace gradus::bench {

namespace {

void against_torch(benchmark::State& state) {
  Problem problem(resnet50(), AdamW{}, {});
  std::vector<torch::Tensor> parameters;
  for (const Shape& shape : resnet50()) {
    parameters.push_back(torch::randn(shape).requires_grad_());
    parameters.back().mutable_grad() = torch::randn(shape);
  }
  torch::optim::AdamW theirs(parameters, torch::optim::AdamWOptions(1e-3).weight_decay(1e-2));
  theirs.step();  // makes its state
  run_in_turn(state, "adamw", {"adamw, 161 tensors of ResNet-50", [&] { problem.step(); }},
              {"torch::optim::AdamW", [&] { theirs.step(); }}, {.least_ratio = 4});
}

}  // namespace

BENCHMARK(against_torch)->Name("adamw/resnet50/torch")->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace gradus::bench
