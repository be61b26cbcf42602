#pragma once

#include <cstdint>

namespace gradus::bench {

/// out = a * b, or a * b' with b transposed, of square row-major matrices.
using Gemm = void (*)(std::int64_t n, const float* a, const float* b, bool b_transposed, float* out);

/// OpenBLAS's sgemm on one thread; null where the machine has no OpenBLAS.
Gemm openblas_sgemm();

}  // namespace gradus::bench
