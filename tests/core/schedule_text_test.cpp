#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

#include "gradus/schedules/text.hpp"
#include "support/plans.hpp"
#include "support/text.hpp"

namespace gradus::test {
namespace {

class EveryPlan : public testing::TestWithParam<Plan> {};

TEST_P(EveryPlan, is_written_as_it_is_called) { EXPECT_EQ(hyper_text(GetParam().schedule), GetParam().text); }

TEST_P(EveryPlan, reads_back_as_the_same_at_every_step) {
  const Hyper read = parse_hyper(GetParam().text);
  ASSERT_TRUE(read.scheduled());
  EXPECT_EQ(read.schedule()->target_type(), GetParam().schedule.target_type());
  EXPECT_EQ(hyper_text(read), GetParam().text);
  EXPECT_EQ(bits_over_steps(read), bits_over_steps(GetParam().schedule));
}

INSTANTIATE_TEST_SUITE_P(schedule, EveryPlan, testing::ValuesIn(plans()),
                         [](const auto& plan) { return plan.param.name; });

TEST(ScheduleText, every_built_in_schedule_is_a_plan_of_these_tests) {
  const std::vector<Plan> tested = plans();
  for (const std::string& name : schedule_names())
    EXPECT_TRUE(std::ranges::any_of(tested, [&](const Plan& plan) { return plan.name == name; })) << name;
}

TEST(ScheduleText, keeps_numbers_to_the_bit) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 500; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (std::isnan(value)) continue;
    const Hyper number = parse_hyper(hyper_text(Hyper(value)));
    EXPECT_EQ(std::bit_cast<std::uint64_t>(double{number}), std::bit_cast<std::uint64_t>(value)) << value;
    const auto steps = static_cast<std::int64_t>(random() >> 1);
    const Hyper line = parse_hyper(hyper_text(Linear{.from = value, .to = -value, .steps = steps}));
    EXPECT_EQ(bits_over_steps(line), bits_over_steps(Linear{.from = value, .to = -value, .steps = steps}));
  }
  for (const double value : {0.0, -0.0, 5e-324, 2.2e-308, 1e300, 1.7976931348623157e308, kInfinity})
    EXPECT_EQ(std::bit_cast<std::uint64_t>(double{parse_hyper(hyper_text(value))}),
              std::bit_cast<std::uint64_t>(value));
}

TEST(ScheduleText, may_have_its_fields_in_any_order_and_leave_some_out) {
  EXPECT_EQ(hyper_text(parse_hyper(" cosine ( steps = 9 , from = 0.5 ) ")), "cosine(from=0.5,to=0,steps=9)");
  EXPECT_EQ(hyper_text(parse_hyper("exponential()")), "exponential(from=1,gamma=0.99)");
}

TEST(ScheduleText, has_no_nan) {
  EXPECT_EQ(message_of([] { hyper_text(std::nan("")); }), "NaN is no number that a text has");
  EXPECT_EQ(message_of([] { hyper_text(Linear{.to = std::nan("")}); }), "NaN is no number that a text has");
}

TEST(ScheduleText, is_never_longer_or_deeper_than_can_be_read) {
  Schedule deep = Constant{1};
  for (int i = 0; i < 63; ++i) deep = Joined{Constant{0.5}, i, deep};
  EXPECT_EQ(bits_over_steps(parse_hyper(hyper_text(deep))), bits_over_steps(deep));
  deep = Joined{deep, 1, Constant{}};
  EXPECT_TRUE(contains(message_of([&] { hyper_text(deep); }), "parentheses are more than 64 deep"));
}

TEST(ScheduleText, tells_where_it_is_wrong_and_what_was_expected) {
  const auto repeated = [](const std::string& part, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += part;
    return text;
  };
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", "'', at 1: expected a number or a schedule, found the end"},
      {"   ", "at 4: expected a number or a schedule, found the end"},
      {"1 2", "'1 2', at 3: expected the end, found '2'"},
      {"fast", "at 1: a number is expected: 'fast' is not a number"},
      {"0x10", "'0x10' is not a number"},
      {"1e999", "1e999 is beyond the range of a double"},
      {"nan", "at 1: a number is expected: 'nan' is none"},
      {"-nan", "'-nan' is none"},
      {"nan(1)", "at 1: there is no schedule 'nan'"},
      {"cosin(from=1)", "'cosin(from=1)', at 1: there is no schedule 'cosin'; the nearest: cosine"},
      {"sawtooth()", "there are: constant, linear, cosine, staircase, exponential, inverse_time, joined"},
      {"cosine", "at 1: a number is expected: 'cosine' is not a number"},
      {"cosine(", "at 8: expected the name of a field, found the end"},
      {"cosine(from", "at 12: expected '=', found the end"},
      {"cosine(from=", "at 13: expected a number, found the end"},
      {"cosine(from=1", "at 14: expected ')', found the end"},
      {"cosine(from=1,)", "at 15: expected the name of a field, found ')'"},
      {"cosine(,from=1)", "at 8: expected the name of a field, found ','"},
      {"cosine(from=1))", "at 15: this parenthesis closes none"},
      {"cosine)from=1(", "at 7: this parenthesis closes none"},
      {"cosine(from=1)2", "at 15: expected the end, found '2'"},
      {"cosine(from==1)", "at 13: expected a number, found '='"},
      {"cosine(from=1 2)", "at 15: expected ')', found '2'"},
      {"cosine(from=1,from=1)", "at 15: from is given twice"},
      {"cosine(form=1)", "at 8: there is no field 'form' here; there are: from, to, steps"},
      {"cosine(from=linear())", "at 13: a number is expected: 'linear' is not a number"},
      {"linear(to=nan)", "at 11: a number is expected: 'nan' is none"},
      {"cosine(steps=1.5)", "at 14: a whole number is expected: '1.5' is none"},
      {"cosine(steps=9223372036854775808)", "is none, or is beyond 64 bits"},
      {"cosine(steps=-1)", "at 1: Cosine: steps is -1; it must be at least 0"},
      {"staircase(every=0)", "at 1: Staircase: every is 0; it must be at least 1"},
      {"joined(first=0.5)", "at 17: expected '(', found ')'"},
      {"joined(first=cosine)", "at 20: expected '(', found ')'"},
      {"joined(second=joined(second=cosin()))", "at 29: there is no schedule 'cosin'"},
      {"cosine(fr\xC3\xA4m=1)", "'cosine(fr..m=1)', at 10: this is no printable character of ASCII"},
      {std::string("1\0", 2), "'1.', at 2: this is no printable character of ASCII"},
      {"1\n", "at 2: this is no printable character of ASCII"},
      {repeated("joined(first=", 65), "at 839: parentheses are more than 64 deep"},
      {repeated("(", 10'000), "at 65: parentheses are more than 64 deep"},
      {repeated("9", 500), "at 1: a word is longer than 400 characters"},
      {repeated(" ", 20'000), "at 16385: the text is longer than 16384 characters"}};
  for (const auto& [text, message] : rows)
    EXPECT_TRUE(contains(message_of([&] { parse_hyper(text); }), message)) << text;
}

TEST(ScheduleText, quotes_what_is_about_the_place) {
  const std::string text =
      "joined(first=linear(from=0,to=1,steps=5),steps=5,second=cosin(from=1,to=0,steps=99))";
  EXPECT_TRUE(
      contains(message_of([&] { parse_hyper(text); }),
               "'...ear(from=0,to=1,steps=5),steps=5,second=cosin(from=1,to=0,steps=99))', at 57: there is"));
}

struct Halving {
  double from = 1;
  std::int64_t every = 100;
  double operator()(std::int64_t t) const { return from / static_cast<double>(1 + t / every); }

  static constexpr const char* name = "halving";
  static constexpr std::tuple fields{ScheduleField{"from", &Halving::from},
                                     ScheduleField{"every", &Halving::every}};
};

TEST(OwnSchedule, has_a_text_once_its_type_is_registered) {
  constexpr const char* kText = "joined(first=halving(from=0.5,every=7),steps=50,second=constant(value=0))";
  const Schedule schedule = Joined{Halving{0.5, 7}, 50, Constant{0}};
  EXPECT_TRUE(contains(message_of([&] { hyper_text(schedule); }), "this schedule has no name"));
  EXPECT_TRUE(contains(message_of([&] { parse_hyper(kText); }), "at 14: there is no schedule 'halving'"));
  register_schedule<Halving>();
  register_schedule<Halving>();
  EXPECT_EQ(hyper_text(schedule), kText);
  EXPECT_EQ(bits_over_steps(parse_hyper(kText)), bits_over_steps(schedule));
  EXPECT_EQ(schedule_names().back(), "halving");
}

TEST(OwnSchedule, is_a_function_with_the_name_that_it_was_given) {
  const std::vector<double> table{0.5, 0.25, 0.125};
  const auto function = [table](std::int64_t t) { return table[static_cast<std::size_t>(t) % 3]; };
  EXPECT_TRUE(
      contains(message_of([&] { hyper_text(function); }), "register_schedule(\"my_plan\", function)"));
  const Schedule schedule = register_schedule("my_table", function);
  EXPECT_EQ(hyper_text(schedule), "my_table()");
  EXPECT_EQ(hyper_text(parse_hyper("my_table()")), "my_table()");
  EXPECT_EQ(bits_over_steps(parse_hyper("my_table()")), bits_over_steps(function));
  EXPECT_TRUE(contains(message_of([&] { parse_hyper("my_table(a=1)"); }), "there is none"));
  const Schedule other = register_schedule("my_other", [](std::int64_t) { return 0.5; });
  EXPECT_EQ(hyper_text(Joined{schedule, 9, other}), "joined(first=my_table(),steps=9,second=my_other())");
}

struct Half {
  double operator()(std::int64_t) const { return 0.5; }

  static constexpr const char* name = "half";
  static constexpr std::tuple<> fields{};
};

TEST(OwnSchedule, may_have_no_fields) {
  register_schedule<Half>();
  EXPECT_EQ(hyper_text(Half{}), "half()");
  EXPECT_EQ(bits_over_steps(parse_hyper("half()")), bits_over_steps(Half{}));
  EXPECT_TRUE(contains(message_of([] { parse_hyper("half(a=1)"); }), "at 6: there is no field 'a' here"));
}

struct Twin : Halving {};

TEST(OwnSchedule, has_a_name_of_its_own) {
  register_schedule<Halving>();
  EXPECT_EQ(message_of([] { register_schedule<Twin>(); }), "there is a schedule 'halving' already");
  EXPECT_TRUE(contains(message_of([] { hyper_text(Twin{}); }), "this schedule has no name"));
  EXPECT_EQ(message_of([] { register_schedule("cosine", Constant{1}); }),
            "there is a schedule 'cosine' already");
  register_schedule("once", Constant{1});
  EXPECT_EQ(message_of([] { register_schedule("once", Constant{1}); }), "there is a schedule 'once' already");
  for (const char* name : {"", "1st", "a b", "a(b)", "a>b", "nan,", "sch\xC3\xB6n"})
    EXPECT_TRUE(
        contains(message_of([&] { register_schedule(name, Constant{1}); }), "is no name of a schedule"))
        << name;
  EXPECT_EQ(message_of([] { register_schedule("nothing", Schedule{}); }),
            "the schedule 'nothing' is an empty function");
}

TEST(OwnSchedule, is_registered_from_any_thread) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([i] {
      for (int j = 0; j < 50; ++j) {
        register_schedule("plan_" + std::to_string(i) + "_" + std::to_string(j), Constant{0.5});
        EXPECT_EQ(hyper_text(parse_hyper("plan_" + std::to_string(i) + "_0()")),
                  "plan_" + std::to_string(i) + "_0()");
      }
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace gradus::test
