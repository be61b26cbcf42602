#include <ATen/Parallel.h>

#include "gradus/libtorch.hpp"

// at::parallel_for is a template around OpenMP: without it this file would compile to a loop on one thread.
#ifndef _OPENMP
#error "compile this file with OpenMP, as libtorch was"
#endif

namespace gradus::libtorch {

std::size_t AtenExecutor::threads() const {
  return at::in_parallel_region() ? 1 : static_cast<std::size_t>(at::get_num_threads());
}

void AtenExecutor::run(std::size_t count, const std::function<void(std::size_t)>& task) {
  at::parallel_for(0, static_cast<std::int64_t>(count), 1, [&task](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) task(static_cast<std::size_t>(i));
  });
}

}  // namespace gradus::libtorch
