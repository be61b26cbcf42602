#pragma once

#include <cstddef>

#include "gradus/engine/executor.hpp"

namespace gradus::bench {

/// The arrays of an Adam step.
struct Arrays {
  std::size_t size;
  float *x, *m, *v;
  const float* g;
};

/// What no Adam step can do without, and nothing more: reads x, g, m and v, and writes x, m and v. It writes
/// what was there before. In tasks of the engine's size, on the given threads.
void move_traffic(Executor& threads, const Arrays& arrays);

/// What no look at the gradient can do without: reads g.
void read_gradient(Executor& threads, const Arrays& arrays);

/// What no Adam step can do without, however near its arrays are: a root and a division an element, on this
/// thread.
void divide_by_roots(std::size_t elements);

}  // namespace gradus::bench
