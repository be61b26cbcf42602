#include "lab/results/results.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "folder.hpp"
#include "small_race.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using test::contains;
using test::message_of;

TEST(results, survive_a_round_trip_with_nan_and_infinity) {
  RaceResults results = small_race();
  results.entries[1].trials.push_back(diverged_trial({10}));
  results.interrupted = true;
  summarize(results);
  const std::string text = to_text(results);
  const RaceResults again = from_text(text);
  EXPECT_EQ(to_text(again), text);
  const Trial& diverged = again.entries[1].trials.back();
  EXPECT_EQ(diverged.validation_loss, kInfinity);
  EXPECT_TRUE(std::isnan(diverged.validation_metric));
  EXPECT_EQ(diverged.train_loss, kInfinity);
  EXPECT_EQ(again.entries[0].runs[2].layers[1].effective_rates,
            results.entries[0].runs[2].layers[1].effective_rates);
  EXPECT_EQ(again.settings.seeds, results.settings.seeds);
  EXPECT_TRUE(again.interrupted);
}

TEST(results, keep_a_curve_on_one_line) {
  EXPECT_TRUE(contains(to_text(small_race()), "\"train_loss\": [0.6,0.3],\n"));
}

TEST(results, name_the_field_that_is_missing_or_wrong) {
  const auto broken = [](const std::function<void(nlohmann::ordered_json&)>& breakage) {
    nlohmann::ordered_json json = to_json(small_race());
    breakage(json);
    return message_of([&] { from_json(json); });
  };
  EXPECT_TRUE(contains(broken([](auto& j) { j["format"] = "gradus-race-0"; }), "gradus-race-2"));
  EXPECT_TRUE(
      contains(broken([](auto& j) { j["entries"][1]["runs"][2].erase("seed"); }), "entries[1].runs[2].seed"));
  EXPECT_TRUE(contains(broken([](auto& j) { j["settings"]["steps"] = 1e300; }), "settings.steps"));
  EXPECT_TRUE(contains(broken([](auto& j) { j["settings"]["seeds"][0] = -1; }), "settings.seeds[0]"));
  EXPECT_TRUE(contains(broken([](auto& j) { j["seconds"] = "nan"; }), "seconds should be a number"));
  EXPECT_TRUE(contains(broken([](auto& j) { j["verdicts"] = 3; }), "verdicts should be an array"));
  EXPECT_TRUE(contains(broken([](auto& j) { j["entries"][1]["label"] = j["entries"][0]["label"]; }),
                       "entries[1].label should be its own"));
  EXPECT_TRUE(contains(broken([](auto& j) { j["entries"][0]["runs"][1] = j["entries"][0]["runs"][0]; }),
                       "entries[0].runs should be one for each seed"));
  // Of the right type, and still of no race.
  using Field = std::pair<const char*, const char*>;  // a JSON pointer, and a value that it cannot have
  for (const auto& [field, value] :
       {Field{"/entries/0/trials/0/points", "[]"}, Field{"/entries/0/trials/0/points/0", "{}"},
        Field{"/entries/1/chosen/0", "{}"}, Field{"/entries/0/selection/0/share", "\"Infinity\""},
        Field{"/settings/tuning_seeds", "[]"}, Field{"/settings/metric/digits", "-1"},
        Field{"/settings/looks", "[200, 100]"}, Field{"/settings/epoch_steps", "-5"},
        Field{"/entries/0/chosen", "[]"}, Field{"/entries/0/in_force", "[]"},
        Field{"/entries/0/companions", "[]"}, Field{"/entries/0/label", R"("a\u001b[2J")"},
        Field{"/settings/title", R"("\u202Eeltit")"}, Field{"/settings/started", R"("\u009B")"},
        Field{"/entries/0/runs/0/seed", "77"}, Field{"/entries/0/runs/0/train_loss", "[1, 2, 3]"}})
    EXPECT_TRUE(contains(broken([&](auto& j) {
                           j[nlohmann::ordered_json::json_pointer(field)] =
                               nlohmann::ordered_json::parse(value);
                         }),
                         "should be"))
        << field;
}

TEST(results, that_are_no_json_or_nest_without_end_are_refused) {
  EXPECT_TRUE(contains(message_of([] { from_text("{\"format\": "); }), "it is no JSON: "));
  EXPECT_TRUE(contains(message_of([] { from_text(""); }), "it is no JSON: "));
  EXPECT_TRUE(contains(message_of([] { from_text("{\"format\": 1e999}"); }), "it is no JSON: "));
  for (const char open : {'[', '{'}) {
    std::string deep = "{\"format\": ";
    for (int i = 0; i < 1'000'000; ++i) deep += open == '[' ? "[" : "{\"a\":";
    EXPECT_TRUE(contains(message_of([&] { from_text(deep); }), "nests deeper"));
  }
}

void collect_names(const nlohmann::ordered_json& json, std::set<std::string>& names) {
  static const std::set<std::string> kOfHyperparameters{"in_force", "points", "point", "chosen",
                                                        "sensitivity"};
  for (const auto& item : json.items()) {
    if (json.is_object()) names.insert(item.key());
    if (item.value().is_structured() && !(json.is_object() && kOfHyperparameters.contains(item.key())))
      collect_names(item.value(), names);
  }
}

TEST(results, every_field_is_documented) {
  const fs::path page = fs::path(__FILE__).parent_path() / "../../../docs/race-results.md";
  const std::string documented = contents(page);
  std::set<std::string> names;
  collect_names(to_json(summarized(small_race())), names);
  EXPECT_GT(names.size(), 50U);
  for (const std::string& name : names) EXPECT_TRUE(contains(documented, "`" + name + "`")) << name;
}

}  // namespace
}  // namespace gradus::lab
