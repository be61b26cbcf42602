// A libtorch program whose optimizer is gradus's: compared with torch::optim, the two marked lines differ.

#include <torch/torch.h>

#include <cstdio>
#include <gradus/gradus.hpp>
#include <gradus/libtorch.hpp>  // 1: the header

int main() {
  torch::manual_seed(1);
  torch::nn::Sequential model(torch::nn::Linear(2, 16), torch::nn::Tanh(), torch::nn::Linear(16, 1));
  // 2: was torch::optim::Adam optimizer(model->parameters(), torch::optim::AdamOptions(1e-2));
  gradus::libtorch::Optimizer optimizer(model->named_parameters(), gradus::Adam{.lr = 1e-2});

  const torch::Tensor x = torch::randn({256, 2});
  const torch::Tensor y = x.select(1, 0).mul(x.select(1, 1)).unsqueeze(1);  // the product of two numbers
  double first = 0, last = 0;
  for (int step = 0; step < 500; ++step) {
    optimizer.zero_grad();
    const torch::Tensor loss = torch::mse_loss(model->forward(x), y);
    loss.backward();
    optimizer.step();
    last = loss.item<double>();
    if (step == 0) first = last;
  }
  std::printf("mean squared error: %.4f before, %.4f after 500 steps\n", first, last);
  return last < first / 10 ? 0 : 1;
}
