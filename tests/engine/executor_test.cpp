#include "gradus/engine/executor.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "support/gradients.hpp"
#include "support/hash.hpp"

namespace gradus::test {
namespace {

TEST(ThreadPool, runs_each_task_once) {
  for (const std::size_t threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (int repeat = 0; repeat < 200; ++repeat) {
      std::vector<std::atomic<int>> runs(37);
      pool.run(runs.size(), [&](std::size_t i) { ++runs[i]; });
      for (const auto& r : runs) ASSERT_EQ(r, 1);
    }
  }
}

// The pool's threads may be anywhere when the process is copied, so one fork proves little.
TEST(ThreadPool, lets_a_child_of_fork_run_alone_and_end) {
  for (int repeat = 0; repeat < 100; ++repeat) {
    auto pool = make_pool(4);
    std::atomic<int> runs = 0;
    pool->run(8, [&](std::size_t) { ++runs; });
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      alarm(20);
      pool->run(8, [&](std::size_t) { ++runs; });
      pool.reset();
      _exit(runs == 16 ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0) << "fork " << repeat;
  }
}

TEST(ThreadPool, serves_a_task_that_uses_it_and_two_callers_at_once) {
  ThreadPool pool(3);
  std::atomic<int> inner = 0;
  pool.run(4, [&](std::size_t) { pool.run(5, [&](std::size_t) { ++inner; }); });
  EXPECT_EQ(inner, 20);

  std::atomic<int> runs = 0;
  const auto call = [&] {
    for (int i = 0; i < 100; ++i) pool.run(10, [&](std::size_t) { ++runs; });
  };
  std::thread other(call);
  call();
  other.join();
  EXPECT_EQ(runs, 2000);
}

TEST(ThreadPool, refuses_no_threads) { EXPECT_THROW(ThreadPool(0), Error); }

/// A caller's own threads: here none but his, in an odd order.
class Backwards final : public Executor {
 public:
  [[nodiscard]] std::size_t threads() const override { return 1; }
  void run(std::size_t count, const std::function<void(std::size_t)>& task) override {
    ++runs;
    for (std::size_t i = count; i > 0; --i) task(i - 1);
  }
  int runs = 0;
};

TEST(Executor, lent_by_the_caller_is_used_and_cannot_be_seen_in_the_bits) {
  const auto lent = std::make_shared<Backwards>();
  Bench<float> with(ClipNorm{1.0} >> LAMB{}, {{70000}, {3}}, {.executor = lent}),
      without(ClipNorm{1.0} >> LAMB{}, {{70000}, {3}});
  for (int i = 0; i < 3; ++i) {
    with.step(i);
    without.step(i);
  }
  EXPECT_GT(lent->runs, 0);
  EXPECT_EQ(hash_of(with), hash_of(without));
}

/// std::thread::hardware_concurrency() may be 0.
class OfUnknownSize final : public Executor {
 public:
  [[nodiscard]] std::size_t threads() const override { return 0; }
  void run(std::size_t count, const std::function<void(std::size_t)>& task) override {
    for (std::size_t i = 0; i < count; ++i) task(i);
  }
};

TEST(Executor, that_does_not_know_its_size_has_scratch_for_one) {
  Bench<float> bench(Muon{}, {{200, 200}}, {.executor = std::make_shared<OfUnknownSize>()});
  EXPECT_EQ(bench.step(0).status, Status::applied);
}

TEST(Executor, is_not_bothered_for_a_small_step) {
  const auto lent = std::make_shared<Backwards>();
  Bench<float> small(ClipNorm{1.0} >> AdamW{}, {{5000}, {10}}, {.executor = lent});
  small.step(0);
  EXPECT_EQ(lent->runs, 0);
}

}  // namespace
}  // namespace gradus::test
