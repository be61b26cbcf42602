#include "blas.hpp"

#include <dlfcn.h>

namespace gradus::bench {

namespace {

// As in cblas.h, of which Debian's package of the library alone has none.
constexpr int kRowMajor = 101, kNoTrans = 111, kTrans = 112;
using Sgemm = void (*)(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float* a,
                       int lda, const float* b, int ldb, float beta, float* c, int ldc);

template <class Function>
Function find(const char* name) {
  // It stays open: its threads, if it has any, are not to lose their code.
  static void* const library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  return library == nullptr ? nullptr : reinterpret_cast<Function>(dlsym(library, name));
}

void multiply(std::int64_t n, const float* a, const float* b, bool b_transposed, float* out) {
  static const auto sgemm = find<Sgemm>("cblas_sgemm");
  const auto side = static_cast<int>(n);
  sgemm(kRowMajor, kNoTrans, b_transposed ? kTrans : kNoTrans, side, side, side, 1, a, side, b, side, 0, out,
        side);
}

}  // namespace

Gemm openblas_sgemm() {
  const auto set_threads = find<void (*)(int)>("openblas_set_num_threads");
  if (set_threads == nullptr || find<Sgemm>("cblas_sgemm") == nullptr) return nullptr;
  set_threads(1);
  return &multiply;
}

}  // namespace gradus::bench
