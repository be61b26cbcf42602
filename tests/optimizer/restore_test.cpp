// State that is put back: of rows, groups, schedules and many tensors. tests/rules/restore_test.cpp has every rule.

#include <gtest/gtest.h>

#include <limits>

#include "support/saved.hpp"
#include "support/short_of_memory.hpp"
#include "support/text.hpp"

namespace gradus::test {
namespace {

Types with_rows(RowSteps row_steps) { return {.state = {.from_size = 0, .row_steps = row_steps}}; }

/// Moves one row of a table of six, another one each time.
void step_row(TypedBench& bench, std::int64_t number) {
  const std::vector<std::int64_t> row{number * 5 % 6};
  const std::vector<float> values = noise_array<float>(static_cast<std::uint64_t>(number), 3);
  bench.optimizer.set_gradient(bench.ids[0], {row, values});
  EXPECT_EQ(bench.optimizer.step().status, Status::applied);
}

TEST(RestoreRows, goes_on_whichever_steps_they_count) {
  for (const RowSteps row_steps : {RowSteps::shared, RowSteps::own, RowSteps::caught_up})
    for (const std::int64_t at : {1, 4, 9, 1030}) {
      TypedBench unbroken(Adam{}, with_rows(row_steps), {{6, 3}}),
          resumed(Adam{}, with_rows(row_steps), {{6, 3}});
      for (std::int64_t i = 0; i < at; ++i) step_row(unbroken, i);
      Saved(unbroken).restore(resumed);
      for (std::int64_t i = at; i < at + 9; ++i)
        for (TypedBench* bench : {&unbroken, &resumed}) step_row(*bench, i);
      for (TypedBench* bench : {&unbroken, &resumed}) bench->optimizer.catch_up();
      EXPECT_EQ(resumed.contents(), unbroken.contents()) << at;
    }
}

TEST(RestoreRows, refuses_steps_that_no_row_can_have_had) {
  for (const RowSteps row_steps : {RowSteps::own, RowSteps::caught_up})
    for (const double wrong : {-1.0, 0.5, 3.0, 1e300, std::numeric_limits<double>::quiet_NaN()}) {
      TypedBench bench(Adam{}, with_rows(row_steps), {{6, 3}});
      step_row(bench, 0);
      step_row(bench, 1);
      std::vector<ParameterState> saved = bench.optimizer.all_state();
      std::vector<double> steps(6, 2);
      steps[4] = wrong;
      for (StateView& view : saved[0].state)
        if (view.name == "row_steps") view.data = steps.data();
      EXPECT_TRUE(
          contains(message_of([&] { bench.optimizer.restore(2, saved); }), "has had 2 steps, and a row"));
    }
}

TEST(Restore, goes_on_with_each_groups_schedule_and_each_parameters_steps) {
  const auto make = [] {
    TypedBench bench(Adam{.lr = Cosine{.from = 0.1, .to = 0, .steps = 30}}, {}, {{5}, {6}});
    const GroupId group = bench.optimizer.add_group(SGD{.lr = Linear{.from = 0, .to = 1, .steps = 20}});
    bench.x.push_back(kept_noise(Dtype::f32, 7, 4));
    bench.g.emplace_back(Dtype::f32, 4);
    bench.ids.push_back(bench.optimizer.add("p2", {4}, bench.elements(2), bench.gradient(2), group));
    return bench;
  };
  TypedBench unbroken = make(), resumed = make();
  const auto step = [](TypedBench& bench, std::uint64_t i) {
    if (i % 3 == 0)
      bench.optimizer.clear_gradient(bench.ids[1]);
    else
      bench.optimizer.rebind(bench.ids[1], bench.elements(1), bench.gradient(1));
    bench.step(i);
  };
  for (std::uint64_t i = 0; i < 11; ++i) step(unbroken, i);
  const Saved saved(unbroken);
  saved.restore(resumed);
  EXPECT_EQ(resumed.optimizer.rule().fields(), unbroken.optimizer.rule().fields())
      << "asked for the last step";
  for (std::uint64_t i = 11; i < 40; ++i)
    for (TypedBench* bench : {&unbroken, &resumed}) step(*bench, i);
  for (std::size_t p = 0; p < 3; ++p) {
    EXPECT_EQ(resumed.x[p].elements, unbroken.x[p].elements);
    EXPECT_EQ(resumed.optimizer.steps(resumed.ids[p]), unbroken.optimizer.steps(unbroken.ids[p]));
  }
}

// Seen elsewhere: a step count of 32 bits wraps; what is restored again and again piles up.
TEST(Restore, takes_large_counts_and_any_number_of_times) {
  TypedBench bench(Adam{}, {}, {{5}});
  bench.step(0);
  for (const std::int64_t steps : {std::int64_t{1} << 31, (std::int64_t{1} << 53) - 2}) {
    Saved saved(bench);
    saved.parameters[0].steps = steps;
    for (int i = 0; i < 1000; ++i) bench.optimizer.restore(steps, saved.parameters);
    EXPECT_EQ(bench.step(1).status, Status::applied);
    EXPECT_EQ(bench.optimizer.steps(), steps + 1);
    EXPECT_EQ(bench.optimizer.steps(bench.ids[0]), steps + 1);
  }
}

TEST(Restore, takes_the_hyperparameters_of_rules_where_there_are_some) {
  const Adam rule{.lr = Cosine{.from = 0.1, .to = 0, .steps = 30}};
  TypedBench one(rule, {}, {{5}}), other(Adam{.lr = 0.5, .beta1 = 0.8}, {}, {{5}});
  for (std::uint64_t i = 0; i < 3; ++i) one.step(i);
  const Saved saved(one);
  saved.restore(other);
  EXPECT_EQ(other.optimizer.rule().get("lr"), 0.5);
  other.optimizer.restore(saved.steps, saved.parameters, {one.optimizer.rule()});
  EXPECT_EQ(other.optimizer.rule().fields(), one.optimizer.rule().fields());
  for (std::uint64_t i = 3; i < 9; ++i)
    for (TypedBench* bench : {&one, &other}) bench->step(i);
  EXPECT_EQ(other.contents(), one.contents());
}

TEST(Restore, refuses_rules_that_are_not_those_of_its_groups) {
  TypedBench bench(Adam{}, {}, {{5}});
  const Saved saved(bench);
  const auto refusal = [&](std::vector<AnyRule> rules) {
    return message_of([&] { bench.optimizer.restore(7, saved.parameters, std::move(rules)); });
  };
  EXPECT_EQ(refusal({Adam{}, Adam{}}), "restore() was given 2 rules; there are 1 groups");
  EXPECT_EQ(refusal({SGD{}}), "restore() was given the rule sgd for group 0, which has adam");
  EXPECT_EQ(bench.optimizer.steps(), 0);
}

// The next step would be beyond 64 bits; a double does not count so far.
TEST(Restore, refuses_counts_that_no_optimizer_can_have) {
  TypedBench bench(Adam{}, {}, {{5}});
  bench.step(0);
  for (const std::int64_t wrong :
       {std::int64_t{-1}, (std::int64_t{1} << 53) + 1, std::numeric_limits<std::int64_t>::max()}) {
    Saved saved(bench);
    EXPECT_TRUE(contains(message_of([&] { bench.optimizer.restore(wrong, saved.parameters); }),
                         "steps are " + std::to_string(wrong) + "; there may be 0 to 2^53"));
    saved.parameters[0].steps = wrong;
    EXPECT_TRUE(contains(message_of([&] { bench.optimizer.restore(1, saved.parameters); }),
                         "has had " + std::to_string(wrong) + " steps"));
  }
  EXPECT_EQ(bench.optimizer.steps(), 1);
}

TEST(Restore, that_runs_out_of_memory_changes_nothing) {
  TypedBench one(Adam{.lr = 0.5}, {}, {{5}, {6}}), other(Adam{}, {}, {{5}, {6}});
  for (std::uint64_t i = 0; i < 3; ++i) one.step(i);
  const Saved saved(one);
  const auto before = other.contents();
  const auto fields = other.optimizer.rule().fields();
  const auto restore = [&] {
    other.optimizer.restore(saved.steps, saved.parameters, {one.optimizer.rule()});
  };
  EXPECT_GT(fail_in_turn(restore,
                         [&] {
                           EXPECT_EQ(other.contents(), before);
                           EXPECT_EQ(other.optimizer.rule().fields(), fields);
                         }),
            5);
  EXPECT_EQ(other.optimizer.steps(), 3);
  EXPECT_EQ(other.optimizer.rule().get("lr"), 0.5);
}

TEST(Restore, passes_on_what_a_schedule_throws_and_changes_nothing) {
  TypedBench one(SGD{}, {}, {{5}});
  TypedBench other(SGD{.lr = Schedule([](std::int64_t t) { return t == 1 ? throw Error("no plan") : 0.1; })},
                   {}, {{5}});
  for (std::uint64_t i = 0; i < 2; ++i) one.step(i);
  const Saved saved(one);
  EXPECT_EQ(message_of([&] { other.optimizer.restore(saved.steps, saved.parameters); }), "no plan");
  EXPECT_EQ(other.optimizer.steps(), 0);
}

}  // namespace
}  // namespace gradus::test
