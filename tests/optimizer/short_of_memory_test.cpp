#include "support/short_of_memory.hpp"

#include <gtest/gtest.h>

#include "support/gradients.hpp"
#include "support/hash.hpp"
#include "support/text.hpp"

namespace gradus::test {
namespace {

TEST(ShortOfMemory, add_changes_nothing) {
  Bench<float> bench(Adam{}, {{5}, {2, 3}});
  bench.step(0);
  std::vector<float> x(7, 1), g(7, 1);
  const auto add = [&] { bench.optimizer.add("a name too long to lie in a string", {7}, x, g); };
  const auto before = hash_of(bench);
  const std::size_t failures = fail_in_turn(add, [&] {
    EXPECT_EQ(bench.optimizer.size(), 2);
    EXPECT_EQ(
        message_of([&] { static_cast<void>(bench.optimizer.find("a name too long to lie in a string")); }),
        "there is no parameter named 'a name too long to lie in a string'");
    EXPECT_EQ(hash_of(bench), before);
  });
  EXPECT_GT(failures, 5);
  EXPECT_EQ(bench.step(1).status, Status::applied);
  EXPECT_EQ(bench.optimizer.steps(bench.optimizer.find("a name too long to lie in a string")), 1);
  EXPECT_EQ(message_of([&] { bench.optimizer.add("again", {7}, x, {}); }),
            "parameter 'again' overlaps parameter 'a name too long to lie in a string' in memory");
}

// What was given up leaves no memory behind that a later parameter would overlap.
TEST(ShortOfMemory, add_leaves_the_place_free) {
  std::vector<float> x(7), g(7);
  Optimizer optimizer(SGD{});
  fail_in_turn([&] { optimizer.add("first", {3}, std::span(x).first(3), std::span(g).first(3)); },
               [&] {
                 Optimizer other = std::move(optimizer);
                 EXPECT_EQ(message_of([&] { other.add("whole", {7}, x, g); }), "");
                 optimizer = Optimizer(SGD{});
               });
}

TEST(ShortOfMemory, step_changes_nothing) {
  for (const AnyRule& rule : {AnyRule(ClipNorm{1.0} >> Adam{}), AnyRule(LAMB{}), AnyRule(Muon{})}) {
    Bench<float> bench(rule, {{5, 4}, {2, 3}});
    bench.draw(0);
    const auto before = hash_of(bench);
    const auto step = [&] { bench.optimizer.step(); };
    EXPECT_GT(fail_in_turn(step, [&] { EXPECT_EQ(hash_of(bench), before) << rule.name(); }), 0);
    EXPECT_EQ(bench.optimizer.steps(), 1);
    EXPECT_NE(hash_of(bench), before);
  }
}

// Parameters that have taken the same steps part where only some of them have a gradient.
TEST(ShortOfMemory, step_of_some_changes_nothing) {
  Bench<float> bench(Adam{}, {{5}, {2, 3}, {300}});
  for (std::uint64_t i = 0; i < 3; ++i) {
    bench.step(i);
    bench.optimizer.clear_gradient(bench.ids[i]);
    const auto before = hash_of(bench);
    const auto step = [&] { bench.optimizer.step(); };
    const std::size_t failures = fail_in_turn(step, [&] { EXPECT_EQ(hash_of(bench), before); });
    EXPECT_GT(failures, 0);
    for (std::uint64_t p = 0; p < 3; ++p)
      EXPECT_EQ(bench.optimizer.steps(bench.ids[p]),
                static_cast<std::int64_t>(p <= i ? 2 * p + 1 : 2 * i + 2));
  }
}

TEST(ShortOfMemory, step_of_rows_changes_nothing) {
  for (const RowSteps row_steps : {RowSteps::shared, RowSteps::own, RowSteps::caught_up}) {
    Bench<float> bench(ClipNorm{1.0} >> Adam{}, {{5, 4}}, {.state = {.row_steps = row_steps}});
    const std::vector<std::int64_t> rows{3, 1, 3};
    const std::vector<float> values = noise_array<float>(1, 12);
    bench.optimizer.set_gradient(bench.ids[0], {rows, values});
    auto before = hash_of(bench);
    const auto step = [&] { bench.optimizer.step(); };
    for (int i = 1; i < 10; ++i) {
      fail_in_turn(step, [&] { EXPECT_EQ(hash_of(bench), before); });
      EXPECT_EQ(bench.optimizer.steps(), i);
      EXPECT_NE(hash_of(bench), before);
      before = hash_of(bench);
    }
  }
}

}  // namespace
}  // namespace gradus::test
