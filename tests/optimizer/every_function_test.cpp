// Every member function of Optimizer and of AnyRule, called where it must not be.

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

#include "support/gradients.hpp"
#include "support/hash.hpp"
#include "support/text.hpp"

namespace gradus::test {
namespace {

constexpr ParameterId kFirst{0};

template <class T>
struct Function {
  const char* name;
  std::function<void(T&)> call;
};

std::vector<Function<Optimizer>> functions_that_change() {
  static std::vector<float> f(1), g(1);
  static std::vector<double> d(1), e(1);
  using O = Optimizer;
  return {{"add_group", [](O& o) { o.add_group(Adam{}); }},
          {"add_group",
           [](O& o) {
             o.add_group({{"lr", 0.5}});
           }},
          {"add", [](O& o) { o.add("f", {1}, f, g); }},
          {"add", [](O& o) { o.add("d", {1}, d, e); }},
          {"rebind", [](O& o) { o.rebind(kFirst, std::span(f), g); }},
          {"rebind", [](O& o) { o.rebind(kFirst, std::span(d), e); }},
          {"set_gradient", [](O& o) { o.set_gradient(kFirst, {}); }},
          {"clear_gradient", [](O& o) { o.clear_gradient(kFirst); }},
          {"step", [](O& o) { o.step(); }},
          {"catch_up", [](O& o) { o.catch_up(); }},
          {"catch_up", [](O& o) { o.catch_up(kFirst, {}); }},
          {"evaluate", [](O& o) { o.evaluate(); }},
          {"train", [](O& o) { o.train(); }},
          {"set", [](O& o) { o.set(GroupId{0}, "lr", 0.25); }},
          {"all_state", [](O& o) { static_cast<void>(o.all_state()); }},
          {"restore", [](O& o) { o.restore(0, {}); }}};
}

std::vector<Function<Optimizer>> functions_that_look() {
  using O = Optimizer;
  return {{"rule", [](O& o) { static_cast<void>(o.rule()); }},
          {"steps", [](O& o) { static_cast<void>(o.steps()); }},
          {"skipped", [](O& o) { static_cast<void>(o.skipped()); }},
          {"skipped_in_a_row", [](O& o) { static_cast<void>(o.skipped_in_a_row()); }},
          {"size", [](O& o) { static_cast<void>(o.size()); }},
          {"name", [](O& o) { static_cast<void>(o.name(kFirst)); }},
          {"shape", [](O& o) { static_cast<void>(o.shape(kFirst)); }},
          {"state_options", [](O& o) { static_cast<void>(o.state_options()); }},
          {"groups", [](O& o) { static_cast<void>(o.groups()); }},
          {"group", [](O& o) { static_cast<void>(o.group(kFirst)); }},
          {"seed", [](O& o) { static_cast<void>(o.seed()); }},
          {"elements", [](O& o) { static_cast<void>(o.elements(kFirst)); }},
          {"find", [](O& o) { static_cast<void>(o.find("p0")); }},
          {"steps", [](O& o) { static_cast<void>(o.steps(kFirst)); }},
          {"slots", [](O& o) { static_cast<void>(o.slots(kFirst)); }},
          {"state", [](O& o) { static_cast<void>(o.state(kFirst, "exp_avg")); }},
          {"evaluating", [](O& o) { static_cast<void>(o.evaluating()); }},
          {"effective_lr", [](O& o) { static_cast<void>(o.effective_lr(kFirst)); }}};
}

TEST(MovedFrom, optimizer_says_so) {
  Bench<float> bench(Adam{}, {{3}});
  const Optimizer other = std::move(bench.optimizer);
  for (const auto& functions : {functions_that_change(), functions_that_look()})
    for (const auto& function : functions)
      EXPECT_EQ(message_of([&] { function.call(bench.optimizer); }),
                std::string(function.name) +
                    "() was called on an optimizer that has been moved from; it can only be assigned to");
}

TEST(MovedFrom, optimizer_can_be_moved_from_again_and_assigned_to) {
  Bench<float> bench(Adam{}, {{3}});
  Optimizer other = std::move(bench.optimizer);
  Optimizer empty = std::move(bench.optimizer);
  EXPECT_THROW(empty.step(), Error);
  bench.optimizer = std::move(other);
  EXPECT_EQ(bench.step(0).status, Status::applied);
}

TEST(MovedFrom, rule_says_so) {
  const std::vector<Function<AnyRule>> functions{
      {"name", [](AnyRule& r) { static_cast<void>(r.name()); }},
      {"fields", [](AnyRule& r) { static_cast<void>(r.fields()); }},
      {"set", [](AnyRule& r) { r.set("lr", 0.5); }},
      {"program", [](AnyRule& r) { static_cast<void>(r.program()); }},
      {"const program", [](AnyRule& r) { static_cast<void>(std::as_const(r).program()); }},
      {"copy", [](AnyRule& r) { AnyRule{std::as_const(r)}; }},
      {"copy assignment", [](AnyRule& r) { AnyRule(SGD{}) = std::as_const(r); }},
      {"optimizer", [](AnyRule& r) { Optimizer{std::move(r)}; }},
      {"add_group", [](AnyRule& r) { Optimizer(SGD{}).add_group(std::move(r)); }}};
  AnyRule rule = Adam{};
  const AnyRule other = std::move(rule);
  for (const auto& function : functions)
    EXPECT_EQ(message_of([&] { function.call(rule); }),
              "this rule has been moved from; it can only be assigned to")
        << function.name;
  for (const auto& function : functions) {
    rule = other;
    EXPECT_EQ(message_of([&] { function.call(rule); }), "") << function.name;
  }
}

TEST(AnyRule, refuses_a_program_that_is_null) {
  EXPECT_EQ(message_of([] { AnyRule(std::unique_ptr<engine::Program>()); }),
            "a rule needs a program: the pointer to it is null");
}

/// An optimizer, one of whose schedules does things when a step asks it.
struct Scheduled {
  std::function<void(Optimizer&)> action;  // first: the schedule is asked when the rule is made
  std::optional<Optimizer> optimizer;
  std::vector<float> x = {1, 2, 3}, g = {1, 1, 1};
  ParameterId id{};

  Scheduled() {
    optimizer.emplace(Adam{.lr = [this](std::int64_t t) {
      if (action) action(*optimizer);
      return 0.5 / static_cast<double>(t + 1);
    }});
    id = optimizer->add("p0", {3}, x, g);
  }

  [[nodiscard]] std::uint64_t hash() const {
    Hash hash;
    hash.add(std::span(x));
    for (const std::string& slot : optimizer->slots(id))
      hash.add(std::span<const double>(optimizer->state(id, slot).decode()));
    return hash.value();
  }
};

TEST(Schedule, that_changes_its_optimizer_makes_the_step_fail) {
  for (const auto& function : functions_that_change()) {
    Scheduled scheduled, untouched;
    scheduled.action = function.call;
    const auto before = scheduled.hash();
    const StepReport report = scheduled.optimizer->step();
    EXPECT_EQ(report.status, Status::failed) << function.name;
    EXPECT_EQ(report.message, std::string(function.name) +
                                  "() was called from within a step of this optimizer; it can be changed "
                                  "only between steps");
    EXPECT_EQ(scheduled.hash(), before);
    EXPECT_EQ(scheduled.optimizer->size(), 1);
    EXPECT_THROW(static_cast<void>(scheduled.optimizer->rule(GroupId{1})), Error);

    scheduled.action = nullptr;
    EXPECT_EQ(scheduled.optimizer->step().status, Status::applied);
    untouched.optimizer->step();
    EXPECT_EQ(scheduled.hash(), untouched.hash()) << function.name;
    EXPECT_FALSE(contains(message_of([&] { function.call(*scheduled.optimizer); }), "within a step"));
  }
}

TEST(Schedule, that_catches_the_error_lets_the_step_go_on) {
  for (const auto& function : functions_that_change()) {
    Scheduled scheduled, untouched;
    scheduled.action = [&](Optimizer& o) { EXPECT_NE(message_of([&] { function.call(o); }), ""); };
    EXPECT_EQ(scheduled.optimizer->step().status, Status::applied);
    untouched.optimizer->step();
    EXPECT_EQ(scheduled.hash(), untouched.hash()) << function.name;
  }
}

TEST(Schedule, may_look_at_its_optimizer) {
  Scheduled scheduled;
  for (const auto& function : functions_that_look()) {
    scheduled.action = function.call;
    EXPECT_EQ(scheduled.optimizer->step().status, Status::applied) << function.name;
  }
}

TEST(Schedule, that_destroys_its_optimizer_makes_the_step_fail) {
  const std::string message = "a schedule has destroyed the optimizer, or moved another into its place";
  Scheduled destroyed, replaced, lost;
  destroyed.action = [&](Optimizer&) { destroyed.optimizer.reset(); };
  replaced.action = [](Optimizer& o) { o = Optimizer(SGD{}); };
  lost.action = [](Optimizer& o) { Optimizer(std::move(o)); };
  for (Scheduled* scheduled : {&destroyed, &replaced, &lost}) {
    const StepReport report = scheduled->optimizer->step();
    EXPECT_EQ(report.status, Status::failed);
    EXPECT_EQ(report.message, message);
    EXPECT_EQ(scheduled->x, (std::vector<float>{1, 2, 3}));
  }
  EXPECT_EQ(replaced.optimizer->size(), 0);
  EXPECT_THROW(lost.optimizer->step(), Error);
}

TEST(Schedule, that_moves_its_optimizer_elsewhere_moves_the_step_along) {
  Scheduled scheduled;
  std::optional<Optimizer> elsewhere;
  scheduled.action = [&](Optimizer& o) { elsewhere.emplace(std::move(o)); };
  EXPECT_EQ(scheduled.optimizer->step().status, Status::applied);
  EXPECT_EQ(elsewhere->steps(), 1);
}

TEST(Schedule, may_throw_what_is_no_error_of_gradus) {
  Scheduled scheduled;
  const auto before = scheduled.hash();
  scheduled.action = [](Optimizer&) { throw std::out_of_range("no more values"); };
  EXPECT_THROW(scheduled.optimizer->step(), std::out_of_range);
  scheduled.action = [](Optimizer&) { throw 7; };
  EXPECT_THROW(scheduled.optimizer->step(), int);
  EXPECT_EQ(scheduled.hash(), before);
  EXPECT_EQ(scheduled.optimizer->steps(), 0);
  EXPECT_EQ(scheduled.optimizer->rule().fields()[0].value, 0.5);
  scheduled.action = nullptr;
  EXPECT_EQ(scheduled.optimizer->step().status, Status::applied);
  scheduled.optimizer->set(GroupId{0}, "lr", 0.1);  // the step is over
}

TEST(Schedule, may_throw_an_error) {
  Scheduled scheduled;
  scheduled.action = [](Optimizer&) { throw Error("the validation loss is not known yet"); };
  const StepReport report = scheduled.optimizer->step();
  EXPECT_EQ(report.status, Status::failed);
  EXPECT_EQ(report.message, "the validation loss is not known yet");
}

TEST(Schedule, may_step_another_optimizer) {
  Scheduled scheduled, other;
  scheduled.action = [&](Optimizer&) { EXPECT_EQ(other.optimizer->step().status, Status::applied); };
  EXPECT_EQ(scheduled.optimizer->step().status, Status::applied);
  EXPECT_EQ(other.hash(), scheduled.hash());
}

/// Does things when a step gives it tasks.
struct Interfering final : Executor {
  std::function<void()> action = [] {};

  [[nodiscard]] std::size_t threads() const override { return 1; }
  void run(std::size_t count, const std::function<void(std::size_t)>& task) override {
    for (std::size_t i = 0; i < count; ++i) {
      action();
      task(i);
    }
  }
};

// add() moved the tensors that a step was working on.
TEST(Executor, cannot_change_the_optimizer_that_it_works_for) {
  const Shape large{100'000};  // enough to be shared out
  for (const auto& function : functions_that_change()) {
    const auto executor = std::make_shared<Interfering>();
    Bench<float> bench(Adam{}, {large}, {.executor = executor}), untouched(Adam{}, {large});
    std::string message;
    executor->action = [&] { message = message_of([&] { function.call(bench.optimizer); }); };
    EXPECT_EQ(bench.step(0).status, Status::applied);
    EXPECT_EQ(message, std::string(function.name) +
                           "() was called from within a step of this optimizer; it can be changed only "
                           "between steps");
    untouched.step(0);
    EXPECT_EQ(hash_of(bench), hash_of(untouched)) << function.name;
    executor->action = [] {};
    EXPECT_FALSE(contains(message_of([&] { function.call(bench.optimizer); }), "within a step"));
  }
}

}  // namespace
}  // namespace gradus::test
