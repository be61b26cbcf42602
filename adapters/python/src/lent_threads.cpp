#include "lent_threads.hpp"

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>

namespace gradus::python {

namespace {

std::atomic<bool> forked = false;

/// libgomp's entry for `#pragma omp parallel`, which GCC compiles to: a stable interface since GCC 4.9.
using Parallel = void (*)(void (*body)(void*), void* data, unsigned threads, unsigned flags);
using Number = int (*)();

class LentThreads final : public Executor {
 public:
  LentThreads(Parallel parallel, Number most, Number in_parallel)
      : parallel_(parallel), most_(most), in_parallel_(in_parallel) {
    static const int watched = pthread_atfork(nullptr, nullptr, [] { forked = true; });
    (void)watched;
  }

  [[nodiscard]] std::size_t threads() const override {
    const int most = forked || in_parallel_() != 0 ? 1 : most_();
    return most > 1 ? static_cast<std::size_t>(most) : 1;
  }

  void run(std::size_t count, const std::function<void(std::size_t)>& task) override {
    Job job{task, count, 0};
    if (const std::size_t threads = this->threads(); threads > 1 && count > 1)
      parallel_([](void* data) { static_cast<Job*>(data)->drain(); }, &job, static_cast<unsigned>(threads),
                0);
    else
      job.drain();
  }

 private:
  struct Job {
    const std::function<void(std::size_t)>& task;
    std::size_t count;
    std::atomic<std::size_t> next;

    void drain() {
      for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) task(i);
    }
  };

  Parallel parallel_;
  Number most_, in_parallel_;
};

}  // namespace

std::shared_ptr<Executor> lent_threads(const std::string& path) {
  void* const library = dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  if (library == nullptr) return nullptr;
  const auto parallel = reinterpret_cast<Parallel>(dlsym(library, "GOMP_parallel"));
  const auto most = reinterpret_cast<Number>(dlsym(library, "omp_get_max_threads"));
  const auto in_parallel = reinterpret_cast<Number>(dlsym(library, "omp_in_parallel"));
  if (parallel == nullptr || most == nullptr || in_parallel == nullptr) return nullptr;
  return std::make_shared<LentThreads>(parallel, most, in_parallel);
}

}  // namespace gradus::python
