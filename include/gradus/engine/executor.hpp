#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace gradus {

/// Who runs the tasks of a step. A caller may lend his own threads by deriving from it; which executor ran
/// never shows in the results.
class Executor {
 public:
  virtual ~Executor() = default;
  /// About how many tasks run at the same time; scratch is kept for so many.
  [[nodiscard]] virtual std::size_t threads() const = 0;
  /// Calls task(0) ... task(count - 1), each once, in any order, on any threads, and returns when all are
  /// done. The tasks do not throw, nor may this: a step cannot be given up half-way.
  virtual void run(std::size_t count, const std::function<void(std::size_t)>& task) = 0;
};

/// The library's own threads: asleep between steps; the calling thread works too. In a child of fork() they are not
/// there: run() does all on the calling thread, and a pool must not be destroyed (one of make_pool() never is).
class ThreadPool final : public Executor {
 public:
  /// Where the system gives fewer threads than asked for, threads() tells how many there are. Throws Error if
  /// threads is 0.
  explicit ThreadPool(std::size_t threads);
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] std::size_t threads() const override { return workers_.size() + 1; }
  void run(std::size_t count, const std::function<void(std::size_t)>& task) override;

 private:
  struct Job;
  void work();

  std::mutex one_caller_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  Job* job_ = nullptr;
  std::uint64_t generation_ = 0;
  bool stopping_ = false;
  int process_;  // that the threads live in
  std::vector<std::thread> workers_;
};

/// A pool that is left alone where its last owner lets go of it in a child of fork(). Throws as ThreadPool() does.
std::shared_ptr<Executor> make_pool(std::size_t threads);

/// The pool that optimizers share unless they are given another executor: one thread for each CPU that this
/// process may use. Its threads start with the first step that is large enough.
std::shared_ptr<Executor> shared_executor();

}  // namespace gradus
