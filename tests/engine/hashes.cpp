// Prints a line "rule types hash" for each rule and some combinations of types: what parameters and state are after
// some steps with every instruction set of this CPU and any number of threads. The output of two builds is equal,
// whatever compiler made them.

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "rules/table.hpp"
#include "support/hash.hpp"
#include "support/typed_bench.hpp"

namespace gradus::test {
namespace {

std::vector<Shape> shapes_for(const RuleRow& row) {
  return row.matrices_only ? std::vector<Shape>{{7, 5}, {40, 300}}
                           : std::vector<Shape>{{1}, {9001}, {33, 41}};
}

/// Names for combinations of types that between them have every codec, and every type of arithmetic.
struct Kind {
  const char* name;
  Types types;
};
std::vector<Kind> kinds() {
  const StateOptions plain{.from_size = 0};
  const auto small = [](State state, Rounding parameter_rounding, bool keep_low_half = false) {
    return StateOptions{.dtype = state,
                        .parameter_rounding = parameter_rounding,
                        .keep_low_half = keep_low_half,
                        .from_size = 0};
  };
  return {{"float32", {Dtype::f32, Dtype::f32, plain}},
          {"float64", {Dtype::f64, Dtype::f64, plain}},
          {"float32+block8", {Dtype::f32, Dtype::bf16, small(State::block8, Rounding::nearest)}},
          {"float64+block8", {Dtype::f64, Dtype::f16, small(State::block8, Rounding::nearest)}},
          {"bfloat16", {Dtype::bf16, Dtype::bf16, small(State::bf16, Rounding::stochastic)}},
          {"bfloat16+low_half", {Dtype::bf16, Dtype::f32, small(State::dynamic8, Rounding::nearest, true)}},
          {"float16", {Dtype::f16, Dtype::f64, small(State::f32, Rounding::stochastic)}}};
}

std::uint64_t hash_of_steps(const RuleRow& row, const Types& types) {
  TypedBench bench(row.rule, types, shapes_for(row));
  for (std::uint64_t i = 0; i < 12; ++i) bench.step(i);
  Hash hash;
  for (const Contents& contents : bench.contents())
    for (const auto& [name, bytes] : contents) hash.add(bytes.data(), bytes.size());
  return hash.value();
}

void print_hashes() {
  for (const RuleRow& row : rules())
    for (const Kind& kind : kinds())
      std::printf("%s %s %016llx\n", row.name.c_str(), kind.name,
                  static_cast<unsigned long long>(hash_of_steps(row, kind.types)));
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
