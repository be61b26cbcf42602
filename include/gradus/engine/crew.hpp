#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "gradus/engine/executor.hpp"
#include "gradus/engine/float_environment.hpp"
#include "gradus/engine/tree_sum.hpp"

namespace gradus::engine {

/// So few elements in all are not worth waking a thread.
inline constexpr std::size_t kAlone = kChunk;

/// The threads of a step. Each of them computes in the default float environment.
class Crew {
 public:
  /// No executor: the calling thread, and from the first prepare() on that is worth a second one,
  /// shared_executor().
  explicit Crew(std::shared_ptr<Executor> executor) : executor_(std::move(executor)) {}

  /// Finds what run() needs for so many elements. May throw; run() does not.
  void prepare(std::size_t elements) {
    if (!executor_ && elements > kAlone) executor_ = shared_executor();
  }
  /// At least one, also where the executor does not know its own size.
  [[nodiscard]] std::size_t threads() const {
    return executor_ ? std::max<std::size_t>(1, executor_->threads()) : 1;
  }

  /// Calls f(0) ... f(tasks - 1), which work on so many elements in all.
  template <class F>
  void run(std::size_t tasks, std::size_t elements, F f) {
    if (!executor_ || elements <= kAlone || tasks < 2) {
      const DefaultFloatEnvironment environment;
      for (std::size_t i = 0; i < tasks; ++i) f(i);
      return;
    }
    const auto guarded = [&](std::size_t i) {
      const DefaultFloatEnvironment environment;
      f(i);
    };
    executor_->run(tasks, std::cref(guarded));
  }

 private:
  std::shared_ptr<Executor> executor_;
};

}  // namespace gradus::engine
