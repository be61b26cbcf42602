#include "lab/race/entry_spec.hpp"

#include <gtest/gtest.h>

#include "gradus/core/error.hpp"
#include "lab/race/rules.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using gradus::test::contains;
using gradus::test::message_of;

TEST(EntrySpec, a_name_alone_leaves_the_learning_rate_to_be_tuned) {
  const EntrySpec entry = parse_entry("adam");
  ASSERT_EQ(entry.phases.size(), 1u);
  EXPECT_EQ(entry.phases[0].rule, "adam");
  EXPECT_FALSE(entry.phases[0].lr);
}

TEST(EntrySpec, fields_are_kept_and_lr_is_set_apart) {
  const EntrySpec entry = parse_entry(" adam: beta2=0.99, lr=3e-4");
  ASSERT_EQ(entry.phases[0].settings.size(), 1u);
  EXPECT_EQ(entry.phases[0].settings[0].name, "beta2");
  EXPECT_DOUBLE_EQ(entry.phases[0].settings[0].value, 0.99);
  EXPECT_DOUBLE_EQ(entry.phases[0].lr.value(), 3e-4);
  EXPECT_EQ(entry.text, "adam:beta2=0.99,lr=3e-4");
}

TEST(EntrySpec, two_rules_switch_half_way_unless_told_when) {
  EXPECT_EQ(parse_entry("adam>sgd").switch_at, 0.5);
  const EntrySpec entry = parse_entry("adam:beta1=0.8>momentum:momentum=0.8,lr=0.1@0.3");
  EXPECT_EQ(entry.switch_at, 0.3);
  ASSERT_EQ(entry.phases.size(), 2u);
  EXPECT_EQ(entry.phases[0].text, "adam:beta1=0.8");
  EXPECT_EQ(entry.phases[1].rule, "momentum");
  EXPECT_DOUBLE_EQ(entry.phases[1].lr.value(), 0.1);
}

TEST(EntrySpec, compositions_have_fields_of_all_their_links) {
  const EntrySpec entry = parse_entry("clip_norm >> adam >> weight_decay: max_norm=2, beta1=0.8 > sgd @ 0.3");
  ASSERT_EQ(entry.phases.size(), 2u);
  EXPECT_EQ(entry.phases[0].rule, "clip_norm>>adam>>weight_decay");
  EXPECT_EQ(entry.phases[0].settings.size(), 2u);
  EXPECT_EQ(entry.phases[1].rule, "sgd");
  EXPECT_EQ(parse_entry(entry.text).label, "clip_norm>>adam>>weight_decay:max_norm=2,beta1=0.8>sgd@0.3");
  EXPECT_EQ(raced_rule(entry.phases[0].rule).name(), "clip_norm >> adam >> weight_decay");
}

TEST(EntrySpec, a_comma_before_a_field_continues_its_entry) {
  const std::vector<EntrySpec> entries =
      parse_entries("sgd,adam:beta1=0.8,beta2=0.99,adamw,adam:beta1=0.7,lr=1>sgd:lr=0.1@0.25,adagrad");
  std::vector<std::string> texts;
  for (const EntrySpec& entry : entries) texts.push_back(entry.text);
  EXPECT_EQ(texts, (std::vector<std::string>{"sgd", "adam:beta1=0.8,beta2=0.99", "adamw",
                                             "adam:beta1=0.7,lr=1>sgd:lr=0.1@0.25", "adagrad"}));
}

TEST(EntrySpec, state_says_what_a_phase_keeps_however_small_its_arrays) {
  const EntrySpec plain = parse_entry("adam");
  EXPECT_EQ(plain.phases[0].state.dtype, State::plain);
  const EntrySpec entry = parse_entry("adam:state=bf16,beta2=0.99,rounding=nearest>sgd:lr=1");
  EXPECT_EQ(entry.phases[0].state.dtype, State::bf16);
  EXPECT_EQ(entry.phases[0].state.rounding, Rounding::nearest);
  EXPECT_EQ(entry.phases[0].state.from_size, 0u);
  EXPECT_EQ(entry.phases[0].settings.size(), 1u);
  EXPECT_EQ(entry.phases[1].state.dtype, State::plain);
  for (const auto& [name, state] : {std::pair{"f32", State::f32},
                                    {"f64", State::f64},
                                    {"bf16", State::bf16},
                                    {"block8", State::block8},
                                    {"dynamic8", State::dynamic8}}) {
    const StateOptions options = parse_entry(std::string("adam:state=") + name).phases[0].state;
    EXPECT_EQ(options.dtype, state);
    EXPECT_EQ(name_of(options.dtype), name);
    EXPECT_EQ(options.rounding, Rounding::stochastic) << "as the library's default";
  }
}

TEST(EntrySpec, a_label_leaves_out_the_words_that_its_values_need_not) {
  const auto labels = [](const char* list) {
    std::vector<std::string> found;
    for (const EntrySpec& entry : parse_entries(list)) found.push_back(entry.label);
    return found;
  };
  EXPECT_EQ(labels("adam,adam:state=bf16,adam:state=bf16,rounding=nearest,adam:lr=1,state=block8>sgd"),
            (std::vector<std::string>{"adam", "adam:bf16", "adam:bf16,nearest", "adam:block8>sgd"}));
  EXPECT_EQ(labels("adam:lr=1,adam:lr=2,eps=1,state=f64,sgd:lr=3>adam:lr=1@0.3"),
            (std::vector<std::string>{"adam", "adam:eps=1,f64", "sgd>adam@0.3"}));
  EXPECT_EQ(labels("adam:lr=1,adam:lr=2,adam"), (std::vector<std::string>{"adam:lr=1", "adam:lr=2", "adam"}))
      << "where the learning rate tells them apart, it stays";
}

struct BadEntry {
  const char* text;
  const char* complaint;
};

class BadEntries : public ::testing::TestWithParam<BadEntry> {};

TEST_P(BadEntries, are_refused) {
  EXPECT_TRUE(contains(message_of([] { parse_entries(GetParam().text); }), GetParam().complaint));
}

INSTANTIATE_TEST_SUITE_P(EntrySpec, BadEntries,
                         ::testing::Values(BadEntry{"adan", "adam"},                // the nearest name
                                           BadEntry{"adam:beta3=0.5", "beta3"},     //
                                           BadEntry{"adam:beta1=1.5", "[0, 1)"},    //
                                           BadEntry{"adam:beta1=half", "half"},     //
                                           BadEntry{"adam:beta1", "field=value"},   //
                                           BadEntry{"adam:lr=1,lr=2", "twice"},     //
                                           BadEntry{"adam:eps=1,eps=2", "twice"},   //
                                           BadEntry{"adam:lr=nan", "lr"},           //
                                           BadEntry{"adam:lr=-1", "[0, 3.4e+38]"},  //
                                           BadEntry{"adam:state=bf8", "must be one of f32, f64, bf16, "},
                                           BadEntry{"adam:state=bf16,state=f32", "state is given twice"},
                                           BadEntry{"adam:state=bf16,rounding=up",
                                                    "must be one of nearest, stochastic"},
                                           BadEntry{"adam:rounding=nearest", "needs a state"},
                                           BadEntry{"adam:state=f32,rounding=nearest", "needs a state"},
                                           BadEntry{"sgd:state=bf16", "sgd has no array of state"},
                                           BadEntry{"soap:state=bf16", "soap has no array of state"},
                                           BadEntry{"adafactor:state=block8", "to be kept as block8"},
                                           BadEntry{"adam@0.5", "two rules"},           //
                                           BadEntry{"adam>sgd@1", "(0, 1)"},            //
                                           BadEntry{"adam>sgd@x", "switch point"},      //
                                           BadEntry{"adam>sgd>adam", "more than two"},  //
                                           BadEntry{"clip_norm", "has no learning rate"},
                                           BadEntry{"adam>>sgd", "one rule with a learning rate"},
                                           BadEntry{"adam>>", "there is no rule ''"},
                                           BadEntry{"adam>>>sgd", "there is no rule ''"},
                                           BadEntry{"clip_norm:max_norm=1>>adam", "stand behind all of it"},
                                           BadEntry{"adam>", "name is missing"},  //
                                           BadEntry{"adam,", "name is missing"},  //
                                           BadEntry{"", "name is missing"},       //
                                           BadEntry{"adam,sgd,adam", "given twice"}));

TEST(EntrySpec, spaces_beside_separators_are_nothing_and_within_words_a_mistake) {
  EXPECT_EQ(parse_entry(" adam : beta2 = 0.9 , lr = 0.1 > sgd @ 0.3 ").text, "adam:beta2=0.9,lr=0.1>sgd@0.3");
  for (const char* wrong : {"ad am", "adam:lr=1 0", "adam:be ta1=0.5", "adam>sg d"})
    EXPECT_THROW(parse_entry(wrong), Error) << wrong;
}

}  // namespace
}  // namespace gradus::lab
