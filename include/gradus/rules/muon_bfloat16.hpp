#pragma once

#include "gradus/links/orthogonalize_bfloat16.hpp"
#include "gradus/rules/muon.hpp"

namespace gradus {

/// Muon with products of bfloat16 factors: as fast as PyTorch's where a CPU multiplies bfloat16.
struct MuonBfloat16 {
  Hyper lr = 1e-3, weight_decay = 0.1, momentum = 0.95, eps = 1e-7, ns_steps = 5;

  static constexpr std::array fields{
      Field{"lr", &MuonBfloat16::lr, kNonNegative, "step size"},
      Field{"weight_decay", &MuonBfloat16::weight_decay, kNonNegative,
            "x shrinks by lr * weight_decay a step"},
      Field{"momentum", &MuonBfloat16::momentum, kDecayRate, "decay rate of the mean of g"},
      Field{"eps", &MuonBfloat16::eps, Orthogonalize::kLeastNorm, "least norm to divide by"},
      Field{"ns_steps", &MuonBfloat16::ns_steps, Range{.low = 1, .high = 99, .integer = true},
            "Newton-Schulz iterations"}};

  [[nodiscard]] auto chain() const {
    return SGD{lr} >> NesterovAverage{momentum} >> OrthogonalizeBfloat16{{ns_steps, eps}} >>
           WeightDecay{weight_decay};
  }

  using precompiled = MuonBfloat16;
  static constexpr About about{
      .name = "muon_bfloat16",
      .title = "Muon, its products of bfloat16 factors",
      .source = Muon::about.source,
      .formula =
          "b = momentum * b + (1 - momentum) * g\n"
          "u = momentum * b + (1 - momentum) * g\n"
          "X = u / max(|u|, eps); ns_steps times, with factors rounded to bfloat16:\n"
          "  A = X X', P = 3.4445 - 4.7750 A + 2.0315 A A, X = P X\n"
          "x = x - lr * (sqrt(max(1, rows / columns)) * X + weight_decay * x)",
      .pytorch = "torch.optim.Muon: nearly the same, but it rounds X, A and P between products too"};
};

}  // namespace gradus
