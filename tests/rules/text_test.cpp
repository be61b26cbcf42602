#include "support/text.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <thread>

#include "gradus/core/number_text.hpp"
#include "rules/table.hpp"
#include "support/gradients.hpp"
#include "support/hash.hpp"
#include "support/plans.hpp"

namespace gradus::test {
namespace {

/// What a step makes of a parameter and its state.
std::uint64_t hash_of_a_step(const AnyRule& rule) {
  Bench<float> bench(rule, {{4, 5}});
  EXPECT_EQ(bench.step(1).status, Status::applied);
  return hash_of(bench);
}

void expect_same(const AnyRule& a, const AnyRule& b) {
  EXPECT_TRUE(engine::same_links(a.program(), b.program()));
  EXPECT_EQ(a.fields(), b.fields());
  for (const FieldInfo& field : a.fields())
    EXPECT_EQ(bits_over_steps(a.get(field.name)), bits_over_steps(b.get(field.name))) << field.name;
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

/// Reads what was written, and compares; the text.
std::string text_after_reading_back(const AnyRule& rule) {
  std::string text = rule_text(rule);
  const AnyRule read = parse_rule(text);
  expect_same(read, rule);
  EXPECT_EQ(rule_text(read), text);
  expect_same(parse_rule(rule_text(rule, TextFields::changed)), rule);
  return text;
}

class RuleText : public testing::TestWithParam<std::string> {};

TEST_P(RuleText, names_every_field_and_for_people_what_is_changed) {
  AnyRule rule = make_rule(GetParam());
  std::string all = GetParam();
  for (const FieldInfo& field : rule.fields())
    all += (all == GetParam() ? ":" : ",") + field.name + "=" + number_text(field.default_value);
  EXPECT_EQ(text_after_reading_back(rule), all);
  EXPECT_EQ(rule_text(rule, TextFields::changed), GetParam());
  rule.set("lr", 0.125);
  EXPECT_EQ(rule_text(rule, TextFields::changed), GetParam() + ":lr=0.125");
}

TEST_P(RuleText, reads_back_with_every_schedule_to_the_bits_of_a_step) {
  for (const Plan& plan : plans()) {
    AnyRule rule = make_rule(GetParam());
    rule.set("lr", plan.schedule);
    const std::string text = text_after_reading_back(rule);
    EXPECT_TRUE(contains(text, std::string("lr=") + plan.text));
    EXPECT_EQ(hash_of_a_step(parse_rule(text)), hash_of_a_step(rule)) << text;
  }
}

/// Any double of the range, tiny and huge ones as often as others.
double random_of(const Range& range, std::mt19937_64& random) {
  for (;;) {
    const auto any = std::bit_cast<double>(random());
    const double value = range.integer ? std::floor(range.low + static_cast<double>(random() % 90)) : any;
    if (range.contains(value)) return value;
  }
}

TEST_P(RuleText, keeps_every_number_to_the_bit) {
  std::mt19937_64 random(1);
  AnyRule rule = make_rule(GetParam());
  for (int i = 0; i < 100; ++i) {
    for (const FieldInfo& field : rule.fields()) rule.set(field.name, random_of(field.range, random));
    const AnyRule read = parse_rule(rule_text(rule));
    for (const FieldInfo& field : rule.fields())
      EXPECT_EQ(std::bit_cast<std::uint64_t>(double{read.get(field.name)}),
                std::bit_cast<std::uint64_t>(field.value))
          << field.name << ' ' << field.value;
  }
}

INSTANTIATE_TEST_SUITE_P(rule, RuleText, testing::ValuesIn(rule_names()),
                         [](const auto& name) { return name.param; });

TEST(CompositionText, gives_each_link_its_own_fields) {
  struct Case {
    AnyRule rule;
    const char* text;
  };
  const std::vector<Case> cases{
      {ClipNorm{} >> Adam{.lr = Linear{.to = 0.5, .steps = 9}} >> WeightDecay{},
       "clip_norm:max_norm=1 >> adam:lr=linear(from=0,to=0.5,steps=9),beta1=0.9,beta2=0.999,eps=1e-08 >> "
       "weight_decay:weight_decay=0.01"},
      {ClipValue{0.5} >> WeightDecay{0.25} >> Momentum{.lr = 0.5} >> WeightDecay{Constant{0.125}},
       "clip_value:clip_value=0.5 >> weight_decay:weight_decay=0.25 >> sgd:lr=0.5 >> "
       "heavy_ball:momentum=0.9,dampening=0 >> weight_decay:weight_decay=constant(value=0.125)"},
      {AnyRule(TrustRatio{}) >> SGD{}, "trust_ratio >> sgd:lr=0.001"},
      {AnyRule(NesterovAverage{}) >> Orthogonalize{} >> SGD{},
       "nesterov_average:momentum=0.95 >> orthogonalize:ns_steps=5,eps=1e-07 >> sgd:lr=0.001"},
      {AnyRule(OrthogonalizeBfloat16{}) >> SGD{},
       "orthogonalize_bfloat16:ns_steps=5,eps=1e-07 >> sgd:lr=0.001"},
      {AnyRule(HeavyBall{}) >> TrustRatio{}, "heavy_ball:momentum=0.9,dampening=0 >> trust_ratio"}};
  for (const auto& [rule, text] : cases) {
    EXPECT_EQ(rule_text(rule), text);
    EXPECT_EQ(rule_text(parse_rule(text)), text);
    EXPECT_EQ(hash_of_a_step(parse_rule(text)), hash_of_a_step(rule)) << text << ", composed of its links";
    register_rule(rule);
    EXPECT_EQ(text_after_reading_back(rule), text);
    EXPECT_EQ(registered_names().back(), rule.name());
    EXPECT_EQ(hash_of_a_step(parse_rule(text)), hash_of_a_step(rule)) << text;
  }
}

TEST(CompositionText, is_of_its_type_alone) {
  register_rule(ClipNorm{0.25} >> AdamW{.lr = Cosine{}});
  register_rule(ClipNorm{0.5} >> Adam{} >> WeightDecay{});  // the same type
  EXPECT_EQ(rule_text(make_rule("clip_norm >> adam >> weight_decay"), TextFields::changed),
            "clip_norm >> adam >> weight_decay");
  EXPECT_EQ(
      rule_text(make_rule("clip_norm >> adam >> weight_decay", {{"max_norm", 2.0}}), TextFields::changed),
      "clip_norm:max_norm=2 >> adam >> weight_decay");
  EXPECT_EQ(rule_text(parse_rule(" clip_norm>>adam : eps = 1 >>weight_decay "), TextFields::changed),
            "clip_norm >> adam:eps=1 >> weight_decay");
}

TEST(Registered, rules_stand_apart_from_built_in_ones) {
  register_rule(ClipNorm{} >> SGD{});
  EXPECT_EQ(std::ranges::count(registered_names(), "clip_norm >> sgd"), 1);
  EXPECT_EQ(std::ranges::count(rule_names(), "clip_norm >> sgd"), 0);
  register_rule(Adam{.lr = 1.0});  // nothing new
  EXPECT_EQ(std::ranges::count(registered_names(), "adam"), 0);
  EXPECT_EQ(double{make_rule("adam").get("lr")}, 1e-3);
}

struct Signum {
  Hyper lr = 1e-3;
  static constexpr std::array fields{Field{"lr", &Signum::lr, kNonNegative, "step size"}};
  static constexpr auto slots = kNoSlots;

  struct Step {};
  Step at(Now& /*now*/) const { return {}; }
  template <class V>
  static V update(const Step& /*c*/, V g, V /*x*/) {
    return sign(g);
  }
};
struct NamedSignum : Signum {
  static constexpr About about{.name = "signum"};
};
struct FalseAdam : Signum {
  static constexpr About about{.name = "adam"};
};
struct Spaced : Signum {
  static constexpr About about{.name = "sig num"};
};
struct OddField {
  Hyper rate = 0.5;
  static constexpr std::array fields{Field{"a,b", &OddField::rate, kNonNegative, "a factor"}};
  static constexpr auto slots = kNoSlots;
  static constexpr About about{.name = "odd"};

  struct Step {};
  Step at(Now& /*now*/) const { return {}; }
  template <class V>
  static V update(const Step& /*c*/, V g, V /*x*/) {
    return g;
  }
};
struct OwnDecay : WeightDecay {};  // called as the other

TEST(OwnRule, has_a_text_if_it_has_a_name_and_is_read_back_once_registered) {
  constexpr const char* kText = "signum:lr=constant(value=0.5)";
  const AnyRule rule = NamedSignum{{.lr = Constant{0.5}}};
  EXPECT_EQ(rule_text(rule), kText);
  EXPECT_TRUE(contains(message_of([&] { parse_rule(kText); }), "at 1: there is no rule 'signum'"));
  register_rule(NamedSignum{});
  EXPECT_EQ(text_after_reading_back(rule), kText);
  register_rule(ClipNorm{} >> NamedSignum{});
  text_after_reading_back(ClipNorm{0.5} >> NamedSignum{{.lr = 0.25}});
}

TEST(OwnRule, without_a_name_is_told_to_have_one) {
  for (const AnyRule& rule : {AnyRule(Signum{}), AnyRule(ClipNorm{} >> Signum{})})
    for (const std::string& message :
         {message_of([&] { rule_text(rule); }), message_of([&] { register_rule(rule); })})
      EXPECT_TRUE(contains(message, "Signum has no name that a text could have: "));
  EXPECT_TRUE(contains(message_of([] { rule_text(Spaced{}); }),
                       "'sig num' is no name of a rule that a text can have: "));
  EXPECT_TRUE(contains(message_of([] { rule_text(OddField{}); }), "'a,b' is no name of a field"));
}

TEST(OwnRule, has_a_name_of_its_own) {
  const std::string message = "there is another rule that has the name 'adam'";
  EXPECT_EQ(message_of([] { register_rule(FalseAdam{}); }), message);
  EXPECT_EQ(message_of([] { rule_text(FalseAdam{}); }), message);
  register_rule(SGD{} >> WeightDecay{});
  for (const auto& f : {+[] { register_rule(SGD{} >> OwnDecay{}); }, +[] { rule_text(SGD{} >> OwnDecay{}); }})
    EXPECT_EQ(message_of(f), "there is another rule that has the name 'sgd >> weight_decay'");
}

TEST(OwnRule, is_registered_from_any_thread) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([] {
      for (int j = 0; j < 20; ++j) {
        register_rule(ClipValue{} >> SGD{});
        register_rule(AnyRule(ClipValue{}) >> Adam{});
        text_after_reading_back(ClipValue{0.5} >> SGD{});
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::ranges::count(registered_names(), "clip_value >> sgd"), 1);
}

TEST(RuleText, names_the_field_of_a_schedule_that_has_none) {
  const AnyRule rule = Adam{.beta2 = [](std::int64_t) { return 0.5; }};
  EXPECT_TRUE(contains(message_of([&] { rule_text(rule); }),
                       "beta2 of adam: this schedule has no name, and so no text: use what "
                       "register_schedule(\"my_plan\", function) returns"));
  const Schedule plan = register_schedule("half", [](std::int64_t) { return 0.5; });
  EXPECT_EQ(rule_text(Adam{.beta2 = plan}, TextFields::changed), "adam:beta2=half()");
  text_after_reading_back(Adam{.beta2 = plan});
}

TEST(RuleText, tells_where_it_is_wrong_and_what_was_expected) {
  register_rule(WeightDecay{} >> SGD{} >> WeightDecay{});
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", "'', at 1: expected the name of a rule, found the end"},
      {" ", "at 2: expected the name of a rule, found the end"},
      {":", "at 1: expected the name of a rule, found ':'"},
      {"adma", "'adma', at 1: there is no rule 'adma'; the nearest: adam"},
      {"Adam", "there is no rule 'Adam'; the nearest: adam"},
      {"zzzzzzzz", "there are: sgd, momentum"},
      {"adam sgd", "at 6: expected the end, found 's'"},
      {"adam:", "at 6: expected the name of a field, found the end"},
      {"adam:lr", "at 8: expected '=', found the end"},
      {"adam:lr=", "at 9: expected a number or a schedule, found the end"},
      {"adam:=1", "at 6: expected the name of a field, found '='"},
      {"adam:lr:1", "at 8: expected '=', found ':'"},
      {"adam:lr=1,", "at 11: expected the name of a field, found the end"},
      {"adam:lr=1,,eps=1", "at 11: expected the name of a field, found ','"},
      {"adam:lr=1;eps=1", "at 9: a number is expected: '1;eps' is not a number"},
      {"adam:lr=1 eps=1", "at 11: expected the end, found 'e'"},
      {"adam:lr=1:eps=1", "at 10: expected the end, found ':'"},
      {"adam:lr=1,lr=1", "at 11: lr is given twice"},
      {"adam:rate=1", "at 6: adam has no field 'rate'; it has: lr, beta1, beta2, eps"},
      {"adam:lr=nan", "at 9: a number is expected: 'nan' is none"},
      {"adam:lr=inf", "at 6: lr is inf; it must lie in [0, 3.4e+38]"},
      {"adam:lr=-1", "at 6: lr is -1; it must lie in [0, 3.4e+38]"},
      {"adam:lr=1,beta1=1", "at 11: beta1 is 1; it must lie in [0, 1)"},
      {"adam:lr=1e999", "beyond the range of a double"},
      {"adam:lr=(1)", "at 9: expected a number or a schedule, found '('"},
      {"adam:lr=cosine(from=1", "at 22: expected ')', found the end"},
      {"adam:lr=cosine(from=-1)", "at 6: lr is -1; it must lie in [0, 3.4e+38]"},
      {"adam:beta1=cosine()", "at 6: beta1 is 1; it must lie in [0, 1)"},
      {"adam:lr=cosine(steps=-1)", "at 9: Cosine: steps is -1; it must be at least 0"},
      {"adam:lr=1)", "at 10: this parenthesis closes none"},
      {"adam(lr=1)", "at 5: expected the end, found '('"},
      {"adam > sgd", "at 6: expected the end, found '>'"},
      {"adam >>", "at 8: expected the name of a rule, found the end"},
      {">> adam", "at 1: expected the name of a rule, found '>'"},
      {"adam >> >> sgd", "at 9: expected the name of a rule, found '>'"},
      {"adam >> adam", "at 1: a composition takes one rule with a learning rate; here are adam, adam"},
      {"weight_decay >> sgd >> weight_decoy",
       "at 24: there is no rule 'weight_decoy'; the nearest: weight_decay; one of your own is known once"},
      {"clip_value" + repeated(" >> clip_value", 16), "at 225: a composition has at most 16 links"},
      {"weight_decay >> sgd >> weight_decay:weight_decay_2=1",
       "at 37: weight_decay has no field 'weight_decay_2'; it has: weight_decay"},
      {"weight_decay >> sgd >> weight_decay:weight_decay=-1",
       "at 37: weight_decay_2 of weight_decay is -1; it must lie in [0, 3.4e+38]"},
      {"weight_decay:lr=1 >> sgd >> weight_decay", "at 14: weight_decay has no field 'lr'"},
      {"adam\n", "'adam.', at 5: this is no printable character of ASCII"},
      {std::string(5000, ':'), "at 1: expected the name of a rule, found ':'"},
      {std::string(17'000, 'a'), "at 16385: the text is longer than 16384 characters"}};
  for (const auto& [text, message] : rows)
    EXPECT_TRUE(contains(message_of([&] { parse_rule(text); }), message)) << text;
}

/// No text makes it do anything but return a rule or throw Error.
TEST(RuleText, that_is_broken_anywhere_is_an_error_or_a_rule) {
  const std::string text = rule_text(Adam{.lr = plans().back().schedule});
  std::mt19937_64 random(1);
  const std::string letters = "(),=:> 1e-.nacosine";
  for (int i = 0; i < 20'000; ++i) {
    std::string broken = text;
    for (int j = 0; j <= i % 3; ++j) broken[random() % broken.size()] = letters[random() % letters.size()];
    broken.resize(broken.size() - random() % 3);
    message_of([&] {
      const std::string read = rule_text(parse_rule(broken));
      EXPECT_EQ(rule_text(parse_rule(read)), read);
    });
  }
}

}  // namespace
}  // namespace gradus::test
