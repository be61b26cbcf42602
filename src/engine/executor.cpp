#include "gradus/engine/executor.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <utility>
#if defined(__linux__)
#include <sched.h>
#endif

#include "gradus/core/error.hpp"

namespace gradus {

namespace {
/// Is this thread at work for a pool? Then what its task gives to a pool, it does alone.
thread_local bool busy = false;
}  // namespace

struct ThreadPool::Job {
  const std::function<void(std::size_t)>& task;
  std::size_t count;
  std::atomic<std::size_t> next = 0;
  std::size_t workers = 0;  // guarded by the pool's mutex

  void drain() {
    const bool outer = std::exchange(busy, true);
    for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) task(i);
    busy = outer;
  }
};

ThreadPool::ThreadPool(std::size_t threads) : process_(getpid()) {
  if (threads == 0) throw Error("ThreadPool: 0 threads; at least 1 is needed");
  workers_.reserve(threads - 1);
  try {
    for (std::size_t i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
  } catch (const std::exception&) {  // the system gives no more: fewer do the same work
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::run(std::size_t count, const std::function<void(std::size_t)>& task) {
  Job job{task, count};
  // A child of fork() has the mutexes as they were, perhaps locked by a thread that it has not.
  if (busy || workers_.empty() || getpid() != process_) return job.drain();
  const std::unique_lock only_me(one_caller_, std::try_to_lock);
  if (!only_me) return job.drain();

  {
    const std::lock_guard lock(mutex_);
    job_ = &job;
    ++generation_;
  }
  wake_.notify_all();
  job.drain();

  // A worker that has not woken up by now finds no job: nobody waits for it.
  std::unique_lock lock(mutex_);
  job_ = nullptr;
  done_.wait(lock, [&] { return job.workers == 0; });
}

void ThreadPool::work() {
  std::uint64_t seen = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return stopping_ || (job_ != nullptr && generation_ != seen); });
    if (stopping_) return;
    seen = generation_;
    Job& job = *job_;
    ++job.workers;
    lock.unlock();
    job.drain();
    lock.lock();
    if (--job.workers == 0) done_.notify_one();
  }
}

namespace {

std::size_t usable_cpus() {
#if defined(__linux__)
  cpu_set_t cpus;
  if (sched_getaffinity(0, sizeof cpus, &cpus) == 0) return static_cast<std::size_t>(CPU_COUNT(&cpus));
#endif
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

std::shared_ptr<Executor> make_pool(std::size_t threads) {
  return {new ThreadPool(threads), [maker = getpid()](const ThreadPool* pool) {
            if (getpid() == maker) delete pool;
          }};
}

std::shared_ptr<Executor> shared_executor() {
  static const auto pool = make_pool(usable_cpus());
  return pool;
}

}  // namespace gradus
