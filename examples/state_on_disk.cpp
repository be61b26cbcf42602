// Adam with state that memory may have no room for: two numbers of each parameter, in a file. Says what a step takes.
//
//   state_on_disk FILE [MILLIONS [STEPS]]      e.g. state_on_disk /var/tmp/state 1000, or '' for state in memory

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <gradus/gradus.hpp>
#include <string>
#include <vector>

namespace {

double peak_resident_gigabytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024e-9;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::int64_t millions = argc > 2 ? std::strtoll(argv[2], nullptr, 10) : 100;
  const std::int64_t steps = argc > 3 ? std::strtoll(argv[3], nullptr, 10) : 4;
  if (argc < 2 || millions < 1 || steps < 1)
    return std::fprintf(stderr, "state_on_disk FILE [MILLIONS [STEPS]]\n"), 2;

  // A million gradients serve all parameters: what a step is timed for is the state.
  constexpr std::size_t kMillion = 1'000'000;
  const std::vector<gradus::bfloat16> g(kMillion, gradus::to_bfloat16(0.5F));
  std::vector<gradus::bfloat16> x(static_cast<std::size_t>(millions) * kMillion);
  gradus::Optimizer optimizer(gradus::Adam{}, {.state = {.file = argv[1]}});
  for (std::size_t i = 0; i < x.size(); i += kMillion)
    optimizer.add("x" + std::to_string(i / kMillion), {kMillion}, std::span(x).subspan(i, kMillion), g);
  const double parameters = static_cast<double>(2 * x.size()) * 1e-9, state = 4 * parameters;
  std::printf("parameters %.2f GB, state %.2f GB\n", parameters, state);

  for (std::int64_t step = 1; step <= steps; ++step) {
    const auto start = std::chrono::steady_clock::now();
    if (optimizer.step().status != gradus::Status::applied) return 1;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf("step %s: %.2f s, state %.2f GB/s read and written, %.2f GB resident at the most\n",
                std::to_string(step).c_str(), took.count(), state / took.count(), peak_resident_gigabytes());
  }
} catch (const gradus::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
