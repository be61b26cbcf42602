#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "support/typed_bench.hpp"

namespace gradus::test {

/// What a file would hold: state that has been copied, and the parameters.
struct Saved {
  std::int64_t steps;
  std::vector<ParameterState> parameters;
  std::deque<std::vector<std::byte>> bytes;  // what the views show
  std::vector<std::vector<std::byte>> x;

  explicit Saved(TypedBench& bench)
      : steps(bench.optimizer.steps()), parameters(bench.optimizer.all_state()) {
    for (ParameterState& parameter : parameters)
      for (StateView& view : parameter.state) keep(view);
    for (const Kept& x_kept : bench.x) x.push_back(x_kept.elements);
  }
  void restore(TypedBench& bench) const {
    for (std::size_t p = 0; p < x.size(); ++p)
      std::copy(x[p].begin(), x[p].end(), bench.x[p].elements.begin());
    bench.optimizer.restore(steps, parameters);
  }

 private:
  void keep(StateView& view) {
    bytes.push_back(bytes_of(view));
    view.data = bytes.back().data();
    view.beside = bytes.back().data() + view.size * layout_of(view.dtype).element_bytes;
  }
};

}  // namespace gradus::test
