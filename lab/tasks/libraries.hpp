#pragma once

#include <string>

/// What nets are computed by: a repeat needs to know.
namespace gradus::lab {

/// "2.0.1", of libtorch.
std::string libtorch_version();
/// The file that libtorch's products of matrices come from; "unknown" if it cannot be told.
std::string blas_library();

}  // namespace gradus::lab
