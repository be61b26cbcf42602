#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

#include "gradus/states/buffer.hpp"

namespace gradus::engine {

/// Scratch for the tasks that run at the same time, however many there are in all.
class Workspaces {
 public:
  /// `count` pieces of `bytes` each.
  void resize(std::size_t count, std::size_t bytes) {
    buffers_.clear();
    free_.clear();
    for (std::size_t i = 0; i < count; ++i)
      free_.push_back(
          buffers_.emplace_back(Dtype::f64, (bytes + sizeof(double) - 1) / sizeof(double)).data());
  }

  /// Calls f with a piece that nobody else has until it returns; waits for one.
  template <class F>
  void lend(F f) {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [this] { return !free_.empty(); });
    void* const piece = free_.back();
    free_.pop_back();
    lock.unlock();
    f(piece);
    lock.lock();
    free_.push_back(piece);
    returned_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<Buffer> buffers_;
  std::vector<void*> free_;
};

}  // namespace gradus::engine
