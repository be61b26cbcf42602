// A training that survives whatever ends it: it saves as it goes, and, started again, goes on where it was. How it ends is
// the same to the bit, however often it was broken off.
//
//   resume FOLDER [STEPS]

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <gradus/checkpoint/checkpoint.hpp>
#include <gradus/checkpoint/series.hpp>
#include <gradus/gradus.hpp>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kFeatures = 1000;
constexpr std::int64_t kSaveEvery = 50;

/// A number in [-1, 1) that depends on both alone: what a data loader draws must depend on the step, or be saved too.
float noise(std::int64_t step, std::size_t i) {
  std::uint64_t mixed = (static_cast<std::uint64_t>(step) * kFeatures + i + 1) * 0x9e3779b97f4a7c15;
  mixed = (mixed ^ (mixed >> 32)) * 0xd6e8feb86659fd93;
  return static_cast<float>(mixed >> 40) * 0x1p-23F - 1;
}

/// Least squares on an example that the step decides.
void compute_gradient(std::int64_t step, const std::vector<float>& w, std::vector<float>& g) {
  float error = 0;
  for (std::size_t i = 0; i < w.size(); ++i) error += (w[i] - noise(0, i)) * noise(step + 1, i);
  for (std::size_t i = 0; i < w.size(); ++i)
    g[i] = error * noise(step + 1, i) / static_cast<float>(kFeatures);
}

void train(const std::string& folder, std::int64_t steps) {
  std::vector<float> w(kFeatures), g(kFeatures);
  gradus::Optimizer optimizer(gradus::AdamW{.lr = gradus::Cosine{.from = 0.05, .to = 0, .steps = steps}});
  optimizer.add("w", {kFeatures}, w, g);

  const gradus::checkpoint::Series series(folder);
  if (const auto latest = series.latest(); latest.whole) {
    gradus::checkpoint::load(optimizer, latest.whole->file);
    std::fprintf(stderr, "goes on at step %lld\n", static_cast<long long>(optimizer.steps()));
  }
  while (optimizer.steps() < steps) {
    compute_gradient(optimizer.steps(), w, g);
    optimizer.step();
    if (optimizer.steps() % kSaveEvery != 0 && optimizer.steps() < steps) continue;
    gradus::checkpoint::save(optimizer, series.path_of(static_cast<std::uint64_t>(optimizer.steps())));
    series.keep_last(2);
  }
  double sum = 0;
  for (const float number : w) sum += number;
  std::printf("%a\n", sum);  // all its digits
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t steps = argc > 2 ? std::strtoll(argv[2], nullptr, 10) : 2000;
  if (argc < 2 || steps < 1) return std::fprintf(stderr, "resume FOLDER [STEPS]\n"), 2;
  try {
    train(argv[1], steps);
    return 0;
  } catch (const gradus::Error& error) {
    return std::fprintf(stderr, "resume: %s\n", error.what()), 1;
  }
}
