#include "lab/race/entry_spec.hpp"

#include <gtest/gtest.h>

#include "gradus/core/error.hpp"
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

TEST(EntrySpec, a_comma_before_a_field_continues_its_entry) {
  const std::vector<EntrySpec> entries =
      parse_entries("sgd,adam:beta1=0.8,beta2=0.99,adamw,adam:beta1=0.7,lr=1>sgd:lr=0.1@0.25,adagrad");
  std::vector<std::string> texts;
  for (const EntrySpec& entry : entries) texts.push_back(entry.text);
  EXPECT_EQ(texts, (std::vector<std::string>{"sgd", "adam:beta1=0.8,beta2=0.99", "adamw",
                                             "adam:beta1=0.7,lr=1>sgd:lr=0.1@0.25", "adagrad"}));
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
                         ::testing::Values(BadEntry{"adan", "adam"},                    // the nearest name
                                           BadEntry{"adam:beta3=0.5", "beta3"},         //
                                           BadEntry{"adam:beta1=1.5", "[0, 1)"},        //
                                           BadEntry{"adam:beta1=half", "half"},         //
                                           BadEntry{"adam:beta1", "field=value"},       //
                                           BadEntry{"adam:lr=1,lr=2", "twice"},         //
                                           BadEntry{"adam:eps=1,eps=2", "twice"},       //
                                           BadEntry{"adam:lr=nan", "lr"},               //
                                           BadEntry{"adam:lr=-1", "[0, inf)"},          //
                                           BadEntry{"adam@0.5", "two rules"},           //
                                           BadEntry{"adam>sgd@1", "(0, 1)"},            //
                                           BadEntry{"adam>sgd@x", "switch point"},      //
                                           BadEntry{"adam>sgd>adam", "more than two"},  //
                                           BadEntry{"adam>", "name is missing"},        //
                                           BadEntry{"adam,", "name is missing"},        //
                                           BadEntry{"", "name is missing"},             //
                                           BadEntry{"adam,sgd,adam", "given twice"}));

TEST(EntrySpec, spaces_beside_separators_are_nothing_and_within_words_a_mistake) {
  EXPECT_EQ(parse_entry(" adam : beta2 = 0.9 , lr = 0.1 > sgd @ 0.3 ").text, "adam:beta2=0.9,lr=0.1>sgd@0.3");
  for (const char* wrong : {"ad am", "adam:lr=1 0", "adam:be ta1=0.5", "adam>sg d"})
    EXPECT_THROW(parse_entry(wrong), Error) << wrong;
}

}  // namespace
}  // namespace gradus::lab
