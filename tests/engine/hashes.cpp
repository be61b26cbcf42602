// Prints a line "rule dtype hash" for each rule: what parameters and state are after some steps with every
// instruction set of this CPU and any number of threads. The output of two builds is equal, whatever compiler
// made them.

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "rules/table.hpp"
#include "support/gradients.hpp"
#include "support/hash.hpp"

namespace gradus::test {
namespace {

template <class T>
std::uint64_t hash_of_steps(const RuleRow& row) {
  const std::vector<Shape> shapes =
      row.matrices_only ? std::vector<Shape>{{7, 5}, {40, 300}} : std::vector<Shape>{{1}, {20011}, {33, 41}};
  Bench<T> bench(row.rule, shapes);
  for (std::uint64_t i = 0; i < 20; ++i) bench.step(i);
  return hash_of(bench);
}

void print_hashes() {
  for (const RuleRow& row : rules()) {
    std::printf("%s float32 %016llx\n", row.name.c_str(),
                static_cast<unsigned long long>(hash_of_steps<float>(row)));
    std::printf("%s float64 %016llx\n", row.name.c_str(),
                static_cast<unsigned long long>(hash_of_steps<double>(row)));
  }
}

}  // namespace
}  // namespace gradus::test

int main() {
  try {
    gradus::test::print_hashes();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gradus_hashes: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
