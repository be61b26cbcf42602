#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "engine/chunks.hpp"
#include "engine/tensor.hpp"
#include "gradus/states/buffer.hpp"

namespace gradus::engine {

/// Small tensors. The slots of those of one rule lie side by side: so a sweep that asks for memory ahead asks for
/// the next one's. Those so small that to call a kernel for each would take longer than its loop are bundled into
/// tiles: a step that all of a bundle take gathers x and g, calls the kernel once, and scatters x. In a step that
/// some of them miss, each of the others is moved alone.
class Bundles {
 public:
  /// To be called when tensors have been added. Slots move.
  void plan(std::span<Tensor> tensors);

  [[nodiscard]] std::size_t tasks() const { return (bundles_.size() + kATask - 1) / kATask; }

  /// Calls f(number) for each tensor of a task that has a dense gradient.
  template <class F>
  void each(std::size_t task, std::span<const Tensor> tensors, F f) const {
    for (const Bundle& bundle : of_task(task))
      for (const std::size_t i : members_of(bundle))
        if (tensors[i].has_dense_gradient()) f(i);
  }

  /// Moves the tensors of a task; alone(tensor) moves those that do not step together.
  template <class F>
  void step(std::size_t task, std::span<const Tensor> tensors, F alone) const {
    for (const Bundle& bundle : of_task(task)) {
      if (step_together(tensors, members_of(bundle))) continue;
      for (const std::size_t i : members_of(bundle))
        if (tensors[i].has_dense_gradient()) alone(tensors[i]);
    }
  }

 private:
  struct Bundle {
    std::size_t first, last;  // of members_
  };
  static constexpr std::size_t kATask = kTask / kLeaf;

  void place(std::span<Tensor> tensors, std::span<const std::size_t> numbers, std::size_t small);
  static bool step_together(std::span<const Tensor> tensors, std::span<const std::size_t> members);

  [[nodiscard]] std::span<const Bundle> of_task(std::size_t task) const {
    const std::size_t first = task * kATask;
    return std::span(bundles_).subspan(first, std::min(kATask, bundles_.size() - first));
  }
  [[nodiscard]] std::span<const std::size_t> members_of(const Bundle& bundle) const {
    return std::span(members_).subspan(bundle.first, bundle.last - bundle.first);
  }

  std::vector<Bundle> bundles_;
  std::vector<std::size_t> members_;  // numbers of tensors that are placed
  std::vector<Buffer> slots_;         // of those of one plan and rule
};

}  // namespace gradus::engine
