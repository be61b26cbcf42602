#include "lab/tasks/libraries.hpp"

#include <dlfcn.h>
#include <torch/version.h>

#include <filesystem>

namespace gradus::lab {

std::string libtorch_version() { return TORCH_VERSION; }

std::string blas_library() {
  Dl_info found{};
  void* const product = ::dlsym(RTLD_DEFAULT, "sgemm_");
  if (product == nullptr || ::dladdr(product, &found) == 0) return "unknown";
  std::error_code error;
  const std::filesystem::path file = std::filesystem::canonical(found.dli_fname, error);
  return error ? found.dli_fname : file.filename().string();
}

}  // namespace gradus::lab
