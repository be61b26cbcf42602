#pragma once

#include "gradus/links/orthogonalize.hpp"

namespace gradus {

/// Orthogonalize with products of bfloat16 factors, as the authors' code and PyTorch's have them. Here only factors
/// are rounded, each time; sums and matrices are in the dtype of the parameter.
struct OrthogonalizeBfloat16 : Orthogonalize {
  template <class Algebra, class Matrix>
  static void transform(const Step& c, Algebra& algebra, Matrix u, std::span<const Matrix> kept) {
    Algebra rounding = algebra.in_bfloat16();
    Orthogonalize::transform(c, rounding, u, kept);
  }

  using precompiled = OrthogonalizeBfloat16;
  static constexpr About about{.name = "orthogonalize_bfloat16"};
};

}  // namespace gradus
