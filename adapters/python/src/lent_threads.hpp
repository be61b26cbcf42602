#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "gradus/engine/executor.hpp"

namespace gradus::python {

/// The threads of an OpenMP runtime that is in the process already, PyTorch's: a step runs on those that the backward pass
/// has just used, so that no two pools fight for the cores, and torch.set_num_threads() is heeded. Null if the library at
/// `path` is not loaded, or is no libgomp.
///
/// In a child of fork() a step runs on the calling thread alone: libgomp's threads are not there, and it would wait for them.
std::shared_ptr<Executor> lent_threads(const std::string& path);

}  // namespace gradus::python
