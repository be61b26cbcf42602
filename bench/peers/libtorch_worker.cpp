// The side of libtorch's own C++ optimizers in `./gradus bench --peers`.

#include <torch/torch.h>

#include "gradus/core/error.hpp"
#include "worker.hpp"

namespace gradus::bench {

namespace {

/// As Problem's: numbers of a period of 1,021.
torch::Tensor periodic(const Shape& shape, bool gradient) {
  const torch::Tensor flat = torch::zeros(shape).flatten();
  const torch::Tensor k = torch::arange(1021, torch::kFloat);
  const torch::Tensor period = gradient ? 1e-5F * (k - 340) * (k - 700) : 0.01F * (k - 510);
  return period.repeat({flat.numel() / 1021 + 1}).slice(0, 0, flat.numel()).reshape(shape).contiguous();
}

std::unique_ptr<torch::optim::Optimizer> optimizer_of(const std::string& rule, double lr,
                                                      const std::vector<torch::Tensor>& parameters) {
  using namespace torch::optim;
  if (rule == "adamw") return std::make_unique<AdamW>(parameters, AdamWOptions(lr).weight_decay(1e-2));
  if (rule == "momentum") return std::make_unique<SGD>(parameters, SGDOptions(lr).momentum(0.9));
  if (rule == "adagrad") return std::make_unique<Adagrad>(parameters, AdagradOptions(lr));
  throw Error("libtorch has no " + rule);
}

torch::Tensor sparse_gradient(const Words& words, const Shape& shape) {
  const std::vector<std::int64_t> rows = words.rows();
  const auto count = static_cast<std::int64_t>(rows.size());
  const torch::Tensor indices = torch::tensor(rows).reshape({1, count});
  const torch::Tensor g = torch::sparse_coo_tensor(indices, torch::full({count, shape[1]}, 0.01), shape);
  return words.at("repeated") == "yes" ? g : g.coalesce();
}

void work(const Words& words) {
  const bool rows = words.at("rows") != "none";
  std::vector<torch::Tensor> parameters;
  torch::Tensor whole;  // that the parameters are parts of, as gradus' are
  std::int64_t size = 0, offset = 0;
  for (const Shape& shape : words.shapes()) size += c10::multiply_integers(shape);
  whole = rows ? torch::zeros({size}) : periodic({size}, false);
  const torch::Tensor gradients = rows ? torch::Tensor() : periodic({size}, true);
  for (const Shape& shape : words.shapes()) {
    const std::int64_t n = c10::multiply_integers(shape);
    parameters.push_back(whole.slice(0, offset, offset + n).view(shape).detach().requires_grad_());
    parameters.back().mutable_grad() =
        rows ? sparse_gradient(words, shape) : gradients.slice(0, offset, offset + n).view(shape);
    offset += n;
  }
  const std::unique_ptr<torch::optim::Optimizer> optimizer =
      optimizer_of(words.at("rule"), std::stod(words.at("lr")), parameters);
  for (int i = 0; i < 3 && !rows; ++i) optimizer->step();
  serve([&] { optimizer->step(); },
        [&] {
          const torch::Tensor first = whole.slice(0, 0, 8).to(torch::kDouble).contiguous();
          return std::vector<double>(first.data_ptr<double>(), first.data_ptr<double>() + first.numel());
        });
}

}  // namespace

}  // namespace gradus::bench

int main(int argc, char** argv) { return gradus::bench::run(argc, argv, gradus::bench::work); }
