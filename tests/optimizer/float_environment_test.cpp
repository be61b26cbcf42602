#include <gtest/gtest.h>

#include <cfenv>

#include "support/gradients.hpp"
#include "support/hash.hpp"
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace gradus::test {
namespace {

std::uint64_t hash_after_steps() {
  Bench<float> bench(ClipNorm{1.0} >> AdamW{}, {{50000}, {7}}, {.executor = std::make_shared<ThreadPool>(3)});
  for (int i = 0; i < 5; ++i) bench.step(i);
  return hash_of(bench);
}

// Seen elsewhere: a library linked with -ffast-math sets flush-to-zero for the whole process.
TEST(FloatEnvironment, of_the_caller_neither_matters_nor_changes) {
  const std::uint64_t expected = hash_after_steps();
  for (const int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    // Only the step may run in the odd mode: the test's own arithmetic would round with it.
    Bench<float> bench(ClipNorm{1.0} >> AdamW{}, {{50000}, {7}},
                       {.executor = std::make_shared<ThreadPool>(3)});
    for (int i = 0; i < 5; ++i) {
      bench.draw(i);
      std::fesetround(mode);
      bench.optimizer.step();
      EXPECT_EQ(std::fegetround(), mode);
      std::fesetround(FE_TONEAREST);
    }
    EXPECT_EQ(hash_of(bench), expected);
  }
}

// State before the first step is rounded, too.
TEST(FloatEnvironment, of_the_caller_does_not_matter_to_add) {
  std::vector<float> x{1}, g{0};
  Optimizer optimizer(AdaGrad{.initial_accumulator_value = 0.1});
  std::fesetround(FE_DOWNWARD);
  const ParameterId id = optimizer.add("x", {1}, x, g);
  std::fesetround(FE_TONEAREST);
  EXPECT_EQ(optimizer.state(id, "sum").as<float>()[0], 0.1F);
}

#if defined(__x86_64__)
TEST(FloatEnvironment, flush_to_zero_neither_matters_nor_changes) {
  std::vector<float> x{1e-38F}, g{1e-38F};
  Optimizer optimizer(SGD{.lr = 0.5});
  optimizer.add("x", {1}, x, g);
  constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | kFlushToZero | kDenormalsAreZero);
  optimizer.step();
  const unsigned after = _mm_getcsr();
  _mm_setcsr(before);
  EXPECT_EQ(after & (kFlushToZero | kDenormalsAreZero), kFlushToZero | kDenormalsAreZero);
  EXPECT_EQ(x[0], 1e-38F - 0.5F * 1e-38F);
  EXPECT_GT(x[0], 0);
}
#endif

}  // namespace
}  // namespace gradus::test
