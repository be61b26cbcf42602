// A table of embeddings that a dense gradient would not fit beside: 10 million rows of 64, of which a step looks up a
// few thousand, the frequent ones often (Zipf's law). Only those rows are moved.
//
//   embedding [RULE [ROWS [STEPS]]]      e.g. embedding adam 1000000 200

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <gradus/gradus.hpp>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kColumns = 64, kLookups = 8192;

/// What the row's element is to become: some number in [-1, 1) that depends on both.
float target(std::int64_t row, std::size_t column) {
  const std::uint64_t mixed = (static_cast<std::uint64_t>(row) * kColumns + column) * 0x9e3779b97f4a7c15;
  return static_cast<float>(mixed >> 40) * 0x1p-23F - 1;
}

/// Of the rank r with a probability like 1 / r.
std::int64_t look_up(std::int64_t rows, std::mt19937_64& random) {
  const double rank = std::pow(static_cast<double>(rows), std::uniform_real_distribution<double>()(random));
  return std::min(static_cast<std::int64_t>(rank), rows) - 1;
}

double bytes_of_state(const gradus::Optimizer& optimizer, gradus::ParameterId table) {
  double bytes = 0;
  for (const std::string& slot : optimizer.slots(table)) {
    const gradus::StateView view = optimizer.state(table, slot);
    bytes += static_cast<double>(view.size * gradus::bytes_of(view.dtype));
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string rule = argc > 1 ? argv[1] : "rowwise_adagrad";
  const std::int64_t rows = argc > 2 ? std::strtoll(argv[2], nullptr, 10) : 10'000'000;
  const std::int64_t steps = argc > 3 ? std::strtoll(argv[3], nullptr, 10) : 500;
  if (rows < 1 || steps < 1) return std::fprintf(stderr, "embedding [RULE [ROWS [STEPS]]]\n"), 2;

  std::vector<float> table(static_cast<std::size_t>(rows) * kColumns), values(kLookups * kColumns);
  std::vector<std::int64_t> lookups(kLookups);
  gradus::Optimizer optimizer(gradus::make_rule(rule, {{"lr", "0.1"}}));
  const gradus::ParameterId id = optimizer.add("table", {rows, std::int64_t{kColumns}}, table, {});
  std::printf("table %.2f GB, state of %s %.3f GB\n", static_cast<double>(table.size()) * 4e-9, rule.c_str(),
              bytes_of_state(optimizer, id) * 1e-9);

  std::mt19937_64 random(1);
  double first = 0, last = 0, seconds = 0;
  for (std::int64_t step = 0; step < steps; ++step) {
    double loss = 0;
    for (std::size_t i = 0; i < kLookups; ++i) {
      lookups[i] = look_up(rows, random);
      const float* const row = table.data() + static_cast<std::size_t>(lookups[i]) * kColumns;
      for (std::size_t j = 0; j < kColumns; ++j) {
        const float error = row[j] - target(lookups[i], j);
        values[i * kColumns + j] = error / kLookups;
        loss += error * error / kLookups / kColumns;
      }
    }
    const auto start = std::chrono::steady_clock::now();
    optimizer.set_gradient(id, {lookups, values});  // any order, equal rows are added up
    if (optimizer.step().status != gradus::Status::applied) return 1;
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    last = loss;
    if (step == 0) first = loss;
  }
  std::printf("mean squared error of what is looked up: %.4f before, %.4f after %s steps\n", first, last,
              std::to_string(steps).c_str());
  std::printf("%.0f us a step, %.1f million lookups a second\n", seconds / static_cast<double>(steps) * 1e6,
              static_cast<double>(kLookups) * static_cast<double>(steps) / seconds * 1e-6);
  return last < first ? 0 : 1;
}
