#pragma once

#include "gradus/core/chain.hpp"
#include "gradus/links/nesterov_average.hpp"
#include "gradus/links/orthogonalize.hpp"
#include "gradus/links/weight_decay.hpp"
#include "gradus/rules/sgd.hpp"

namespace gradus {

/// Jordan et al., "Muon: An optimizer for hidden layers in neural networks",
/// 2024. For parameters with at least two dimensions, seen as a matrix:
/// first dimension by all others. Give biases and gains to another group.
struct Muon {
  Hyper lr = 1e-3, weight_decay = 0.1, momentum = 0.95, eps = 1e-7, ns_steps = 5;

  static constexpr std::array fields{
      Field{"lr", &Muon::lr, kNonNegative, "step size"},
      Field{"weight_decay", &Muon::weight_decay, kNonNegative, "x shrinks by lr * weight_decay a step"},
      Field{"momentum", &Muon::momentum, kDecayRate, "decay rate of the mean of g"},
      Field{"eps", &Muon::eps, Orthogonalize::kLeastNorm, "least norm to divide by"},
      Field{"ns_steps", &Muon::ns_steps, Range{.low = 1, .high = 99, .integer = true},
            "Newton-Schulz iterations"}};

  [[nodiscard]] auto chain() const {
    return SGD{lr} >> NesterovAverage{momentum} >> Orthogonalize{ns_steps, eps} >> WeightDecay{weight_decay};
  }

  using precompiled = Muon;
  static constexpr About about{
      .name = "muon",
      .title = "momentum made orthogonal, for matrices",
      .source = "Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024",
      .formula =
          "b = momentum * b + (1 - momentum) * g\n"
          "u = momentum * b + (1 - momentum) * g\n"
          "X = u / max(|u|, eps); ns_steps times: A = X X', X = 3.4445 X + (-4.7750 A + 2.0315 A A) X\n"
          "x = x - lr * (sqrt(max(1, rows / columns)) * X + weight_decay * x)",
      .pytorch = "torch.optim.Muon: the same, but it iterates in bfloat16 and takes only 2-D parameters"};
};

}  // namespace gradus
