#include <gtest/gtest.h>

#include <deque>
#include <numeric>

#include "gradus/core/error.hpp"
#include "rules/all_types.hpp"
#include "rules/table.hpp"
#include "support/saved.hpp"
#include "support/text.hpp"

namespace gradus::test {
namespace {

int steps() { return thorough() ? 200 : 40; }

class Restore : public testing::TestWithParam<RuleRow> {
 protected:
  [[nodiscard]] std::vector<Shape> shapes() const { return {shape_for(GetParam()), shape_for(GetParam())}; }
};

std::vector<int> steps_to_stop_at() {
  if (!thorough()) return {0, 1, 2, 25, steps() - 1};
  std::vector<int> all(static_cast<std::size_t>(steps()));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

// Seen elsewhere: counts cast or misplaced, powers computed before betas were there, state matched by order.
TEST_P(Restore, at_any_step_gives_the_bytes_of_the_unbroken_run) {
  std::vector<Types> all = some_types();
  for (const NamedState& each : kStates) all.push_back(types_of(Dtype::f32, Dtype::f32, each.state));
  for (const Types& types : all) {
    TypedBench unbroken(GetParam().rule, types, shapes()), resumed(GetParam().rule, types, shapes());
    std::deque<Saved> saved;
    for (int i = 0; i < steps(); ++i) {
      saved.emplace_back(unbroken);
      unbroken.step(static_cast<std::uint64_t>(i));
    }
    for (const int at : steps_to_stop_at()) {
      saved[static_cast<std::size_t>(at)].restore(resumed);
      for (int i = at; i < steps(); ++i) resumed.step(static_cast<std::uint64_t>(i));
      EXPECT_EQ(resumed.contents(), unbroken.contents()) << text_of(types) << ", at " << at;
      EXPECT_EQ(resumed.optimizer.steps(), unbroken.optimizer.steps());
    }
  }
}

TEST_P(Restore, goes_on_in_every_type) {
  for_all_types([&](const Types& types) {
    TypedBench unbroken(GetParam().rule, types, shapes()), resumed(GetParam().rule, types, shapes());
    for (std::uint64_t i = 0; i < 5; ++i) unbroken.step(i);
    resumed.step(99);  // one that has been stepped already
    Saved(unbroken).restore(resumed);
    for (std::uint64_t i = 5; i < 10; ++i) {
      unbroken.step(i);
      resumed.step(i);
    }
    EXPECT_EQ(resumed.contents(), unbroken.contents()) << text_of(types);
  });
}

TEST_P(Restore, evaluates_where_the_unbroken_run_does) {
  const Types types = types_of(Dtype::f32, Dtype::f32, gradus::State::plain);
  TypedBench unbroken(GetParam().rule, types, shapes()), resumed(GetParam().rule, types, shapes());
  for (std::uint64_t i = 0; i < 5; ++i) unbroken.step(i);
  const Saved saved(unbroken);
  saved.restore(resumed);
  EXPECT_TRUE(resumed.optimizer.effective_lr(resumed.ids[0]).empty()) << "until the next step";
  for (TypedBench* bench : {&unbroken, &resumed}) {
    bench->optimizer.evaluate();
    EXPECT_THROW((void)bench->optimizer.all_state(), Error);
    EXPECT_THROW(saved.restore(*bench), Error);
  }
  EXPECT_EQ(resumed.x[0].elements, unbroken.x[0].elements);
}

TEST_P(Restore, refuses_what_is_of_another_optimizer_and_then_changes_nothing) {
  const Types types = types_of(Dtype::f32, Dtype::f32, gradus::State::plain);
  TypedBench one(GetParam().rule, types, shapes()), other(GetParam().rule, types, shapes());
  for (std::uint64_t i = 0; i < 3; ++i) one.step(i);
  other.step(7);
  const auto before = other.contents();
  const auto complaint = [&](const auto& change) {
    std::vector<ParameterState> changed = one.optimizer.all_state();
    change(changed);
    const std::string message = message_of([&] { other.optimizer.restore(3, changed); });
    EXPECT_EQ(other.contents(), before) << message;
    EXPECT_EQ(other.optimizer.steps(), 1);
    return message;
  };
  using States = std::vector<ParameterState>;
  EXPECT_TRUE(contains(complaint([](States& s) { s.pop_back(); }), "parameter 'p1' is missing"));
  EXPECT_TRUE(contains(complaint([](States& s) { s.push_back(s[0]); }), "parameter 'p0' is there twice"));
  EXPECT_TRUE(contains(complaint([](States& s) { s[0].name = "q"; }), "there is no parameter 'q'"));
  EXPECT_TRUE(contains(complaint([](States& s) { s[0].steps = -1; }), "has had -1 steps"));
  EXPECT_TRUE(contains(complaint([](States& s) {
                         s[0].state.push_back({"q", Dtype::f32, {}, nullptr, nullptr, 1});
                       }),
                       "has a slot 'q' too many"));
  if (one.optimizer.slots(one.ids[0]).empty()) return;
  EXPECT_TRUE(contains(complaint([](States& s) { s[1].state.pop_back(); }), "parameter 'p1' lacks slot"));
  EXPECT_TRUE(contains(complaint([](States& s) { s[1].state[0].dtype = Dtype::f16; }), "as float16 ["));
  EXPECT_TRUE(contains(complaint([](States& s) { s[1].state[0].shape.push_back(1); }), "1], not "));
  EXPECT_TRUE(contains(complaint([](States& s) { s[1].state.push_back(s[1].state[0]); }), "twice"));
}

INSTANTIATE_TEST_SUITE_P(rule, Restore, testing::ValuesIn(rules()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace gradus::test
