#pragma once

#include <cstdint>
#include <memory>

#include "lab/data/examples.hpp"
#include "lab/tasks/net.hpp"

namespace gradus::lab {

/// The mean cross-entropy over the first `examples` training examples, of the net as it is examined. A call moves the
/// net's own parameters to x, rounded to float32, and puts them back to the bit, whatever is thrown; gradients that
/// wait for a mover are not touched. What comes back was computed in float32 and summed over examples in double.
///
/// Hessians are products by two backward passes (Pearlmutter, "Fast exact multiplication by the Hessian", 1994, by
/// way of autograd). Throws Error if fewer examples than that are there; and hessian_times() does if gradients are of
/// rows, or if libtorch has no second derivative of an operation of the net.
std::unique_ptr<Landscape> make_net_landscape(const Net& net, const Dataset& data, std::int64_t examples);

}  // namespace gradus::lab
