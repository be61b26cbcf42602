#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "gradus/core/number_text.hpp"
#include "rules/table.hpp"
#include "support/text.hpp"

namespace gradus::test {
namespace {

class BuiltIn : public testing::TestWithParam<std::string> {};

TEST_P(BuiltIn, is_described) {
  const About& a = about(GetParam());
  EXPECT_EQ(a.name, GetParam());
  for (const char* text : {a.title, a.source, a.formula, a.pytorch}) EXPECT_STRNE(text, "");
  for (const char* text : {"x = ", "lr"})
    EXPECT_NE(std::string(a.formula).find(text), std::string::npos) << text;
}

TEST_P(BuiltIn, has_defaults_within_their_ranges_and_meanings) {
  const std::vector<FieldInfo> fields = make_rule(GetParam()).fields();
  std::set<std::string> names;
  for (const FieldInfo& field : fields) {
    EXPECT_TRUE(names.insert(field.name).second) << field.name << " twice";
    EXPECT_TRUE(field.range.contains(field.default_value)) << field.name;
    EXPECT_EQ(field.value, field.default_value) << field.name;
    EXPECT_FALSE(field.meaning.empty()) << field.name;
  }
  EXPECT_TRUE(names.contains("lr"));
}

TEST_P(BuiltIn, refuses_values_out_of_range_and_names_the_field) {
  AnyRule rule = make_rule(GetParam());
  for (const FieldInfo& field : rule.fields()) {
    for (const double bad : {std::nan(""), -1.0, -1.5, 1.5, 1e39, -1e39, kInfinity, -kInfinity}) {
      if (field.range.contains(bad)) continue;
      const std::string message = message_of([&] { rule.set(field.name, bad); });
      EXPECT_NE(message.find(field.name), std::string::npos) << message;
      EXPECT_NE(message.find(field.range.text()), std::string::npos) << message;
    }
    EXPECT_EQ(rule.fields(), make_rule(GetParam()).fields()) << "a refused value changed something";
  }
}

// lr = 1e39 was taken, and was infinity in float32: x became NaN.
TEST_P(BuiltIn, refuses_what_float32_cannot_hold) {
  AnyRule rule = make_rule(GetParam());
  for (const FieldInfo& field : rule.fields())
    for (const double bad : {1e39, -1e39})
      EXPECT_NE(message_of([&] { rule.set(field.name, bad); }), "") << field.name << ' ' << bad;
}

TEST_P(BuiltIn, takes_its_settings_as_numbers_and_as_text) {
  for (const FieldInfo& field : make_rule(GetParam()).fields()) {
    const double value = field.range.integer ? 7 : field.range.high > 0 ? 0.25 : -0.25;
    const auto set_value = [&](const AnyRule& rule) {
      for (const FieldInfo& f : rule.fields())
        if (f.name == field.name) return f.value;
      return std::nan("");
    };
    EXPECT_EQ(set_value(make_rule(GetParam(), {{field.name, value}})), value);
    EXPECT_EQ(set_value(make_rule(GetParam(), {{field.name, number_text(value)}})), value);
  }
}

INSTANTIATE_TEST_SUITE_P(rule, BuiltIn, testing::ValuesIn(rule_names()),
                         [](const auto& name) { return name.param; });

TEST(Registry, suggests_the_nearest_names_for_an_unknown_one) {
  for (const char* wrong : {"adma", "Adam"})
    EXPECT_EQ(message_of([&] {
                make_rule(wrong);
              }).rfind("there is no rule '" + std::string(wrong) + "'; the nearest: adam", 0),
              0U)
        << message_of([&] { make_rule(wrong); });
  EXPECT_NE(message_of([] { make_rule("no such thing"); }).find("there are: sgd, momentum"),
            std::string::npos);
}

TEST(Registry, says_which_fields_there_are_and_what_is_no_number) {
  EXPECT_EQ(message_of([] {
              make_rule("adam", {{"beta", 0.9}});
            }),
            "adam has no field 'beta'; it has: lr, beta1, beta2, eps");
  EXPECT_EQ(message_of([] { make_rule("adam", {{"lr", "fast"}}); }), "lr: 'fast' is not a number");
  EXPECT_EQ(message_of([] { make_rule("adam", {{"lr", "1e-3x"}}); }), "lr: '1e-3x' is not a number");
  EXPECT_EQ(message_of([] { make_rule("adam", {{"beta1", "1"}}); }), "beta1 is 1; it must lie in [0, 1)");
}

TEST(Registry, refuses_a_field_that_is_given_twice) {
  EXPECT_EQ(message_of([] {
              make_rule("adam", {{"lr", 1.0}, {"eps", 0.1}, {"lr", 1.0}});
            }),
            "adam: the field 'lr' is given twice");
}

TEST(Registry, checks_a_rule_that_is_made_by_type_too) {
  EXPECT_EQ(message_of([] { AnyRule(Adam{.beta2 = 1.0}); }), "beta2 is 1; it must lie in [0, 1)");
  EXPECT_EQ(message_of([] { AnyRule(ClipNorm{0.0} >> SGD{}); }),
            "max_norm of clip_norm is 0; it must lie in (0, 3.4e+38]");
}

TEST(Registry, says_up_to_where_a_number_may_go) {
  EXPECT_EQ(message_of([] { AnyRule(Adam{.lr = 1e39}); }), "lr is 1e+39; it must lie in [0, 3.4e+38]");
  EXPECT_EQ(message_of([] { AnyRule(AdamW{.weight_decay = 1e39}); }),
            "weight_decay is 1e+39; it must lie in [0, 3.4e+38]");
  // Its square is 0 in float32, and one divides by it.
  EXPECT_EQ(message_of([] { AnyRule(Adafactor{.eps1 = 1e-30}); }),
            "eps1 is 1e-30; it must lie in [1.1e-19, 1.8e+19]");
  EXPECT_EQ(message_of([] { AnyRule(Prodigy{.d0 = 1e-40}); }),
            "d0 is 1e-40; it must lie in [1.2e-38, 3.4e+38]");
  EXPECT_EQ(message_of([] { AnyRule(ScheduleFreeAdamW{.r = 21}); }), "r is 21; it must lie in [0, 20]");
}

template <class T>
struct OwnLink {
  static constexpr auto slots = kNoSlots;
  struct Step {};
  Step at(Now& /*now*/) const { return {}; }

  template <class V>
  static V update(const Step& /*c*/, V u, V /*x*/) {
    return u;
  }
};

TEST(Composition, is_called_by_its_links) {
  AnyRule rule = ClipNorm{1.0} >> AdamW{} >> WeightDecay{} >> OwnLink<std::vector<float>>{};
  EXPECT_EQ(rule.name(), "clip_norm >> adam >> weight_decay >> weight_decay >> OwnLink");
  EXPECT_TRUE(contains(message_of([&] { rule.set("beta", 0.9); }),
                       "weight_decay >> OwnLink has no field 'beta'; it has: max_norm, lr, "));
  EXPECT_EQ(message_of([&] { rule.set("beta1", 1.0); }), "beta1 of adam is 1; it must lie in [0, 1)");
  EXPECT_EQ(message_of([&] { rule.set("weight_decay_2", -1.0); }),
            "weight_decay_2 of weight_decay is -1; it must lie in [0, 3.4e+38]");
}

TEST(Composition, names_a_second_field_or_slot_of_the_same_name_with_a_number) {
  const AnyRule rule = WeightDecay{0.1} >> Momentum{} >> WeightDecay{0.2} >> HeavyBall{};
  std::vector<std::string> names;
  for (const FieldInfo& field : rule.fields()) names.push_back(field.name);
  EXPECT_EQ(names, (std::vector<std::string>{"weight_decay", "lr", "momentum", "dampening", "weight_decay_2",
                                             "momentum_2", "dampening_2"}));
  std::vector<std::string> slots;
  for (const engine::SlotInfo& slot : rule.program().slots()) slots.push_back(slot.name);
  EXPECT_EQ(slots, (std::vector<std::string>{"momentum_buffer", "momentum_buffer_2"}));
}

}  // namespace
}  // namespace gradus::test
