#pragma once

#include <cstddef>
#include <functional>

#include "gradus/gradus.hpp"

namespace gradus::test {

/// A pool that tells whether there was anything for a second thread to do.
class CountingPool final : public Executor {
 public:
  explicit CountingPool(std::size_t threads) : pool_(threads) {}

  [[nodiscard]] std::size_t threads() const override { return pool_.threads(); }
  void run(std::size_t count, const std::function<void(std::size_t)>& task) override {
    runs_ += count > 1 ? 1 : 0;
    pool_.run(count, task);
  }
  /// Of several tasks each.
  [[nodiscard]] int runs() const { return runs_; }

 private:
  ThreadPool pool_;
  int runs_ = 0;
};

}  // namespace gradus::test
