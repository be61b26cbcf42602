#pragma once

#include <filesystem>

#include "lab/tasks/net.hpp"

namespace gradus::lab {

/// The net of a TorchScript file (torch.jit.save), which takes what the data's `prepare` makes of inputs and returns
/// scores as Net::scores() does. Each training has a copy, and its parameters, those that were saved with
/// requires_grad, begin as they were saved: seeds decide the batches, and what dropout and its like draw. Where gradients are computed the module is in its training mode, and in
/// the other where it is examined. Modules that draw go forward one at a time, as libtorch has one generator for all.
///
/// Throws Error, which names the file, if it is no TorchScript, has no parameters or some that are not of
/// float32, fails on the first examples, or makes something else of them.
NetMaker load_script_net(const std::filesystem::path& file, const Dataset& data);

}  // namespace gradus::lab
