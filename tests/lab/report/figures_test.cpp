#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "figure_cases.hpp"
#include "lab/report/figures/figure.hpp"
#include "lab/report/html.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using Json = nlohmann::ordered_json;
using test::contains;
using Names = std::set<std::string>;

Json document_of(const Figure& figure, const RaceResults& results) {
  return Json::parse(specification(figure, names_of(results)));
}

/// Calls `see(key, text)` for every text in `json`, with the key that it or its list stands under.
template <class F>
void each_text(const Json& json, const std::string& key, const F& see) {
  if (json.is_string()) see(key, json.get<std::string>());
  if (json.is_array())
    for (const Json& item : json) each_text(item, key, see);
  if (json.is_object())
    for (const auto& [name, value] : json.items())
      if (name != "datasets" && name != "description") each_text(value, name, see);
}

/// The fields of data that a document names, less those that its transforms make.
Names fields_named_in(const Json& document) {
  Names named, made;
  static const std::regex kDatum(R"(datum\.(\w+))");
  each_text(document, "", [&](const std::string& key, const std::string& text) {
    if (key == "field" || key == "fields" || key == "groupby") named.insert(text);
    if (key == "as") made.insert(text);
    if (key == "labelExpr") return;  // its datum is a tick
    for (std::sregex_iterator match(text.begin(), text.end(), kDatum), end; match != end; ++match)
      named.insert((*match)[1]);
  });
  for (const std::string& name : made) named.erase(name);
  return named;
}

Names fields_in_data(const Json& document) {
  Names fields;
  for (const Json& rows : document["datasets"])
    for (const Json& row : rows)
      for (const auto& [name, value] : row.items()) fields.insert(name);
  return fields;
}

/// What `left` has and `right` has not, for a message.
std::string missing(const Names& left, const Names& right) {
  std::string names;
  for (const std::string& name : left)
    if (!right.contains(name)) names += name + " ";
  return names;
}

TEST(figures, name_only_fields_that_their_data_have) {
  const RaceResults results = summarized(small_race());
  for (const Figure& figure : figures_of(results)) {
    const Json document = document_of(figure, results);
    EXPECT_EQ(missing(fields_named_in(document), fields_in_data(document)), "") << figure.id;
    EXPECT_EQ(missing(fields_in_data(document), fields_named_in(document)), "") << figure.id;
  }
}

TEST(figures, name_only_lists_of_rows_that_they_are_given) {
  const RaceResults results = summarized(small_race());
  for (const Figure& figure : figures_of(results)) {
    const Json document = document_of(figure, results);
    Names named, given;
    for (const auto& [name, rows] : document["datasets"].items()) given.insert(name);
    const std::string text = document.dump();
    static const std::regex kData(R"re("data":\{"name":"(\w+)"\})re");
    for (std::sregex_iterator match(text.begin(), text.end(), kData), end; match != end; ++match)
      named.insert((*match)[1]);
    EXPECT_EQ(named, given) << figure.id;
  }
}

TEST(figures, are_six_each_with_words_from_the_data_and_a_table) {
  const std::vector<Figure> figures = figures_of(summarized(small_race()));
  ASSERT_EQ(figures.size(), 6U);
  for (const Figure& figure : figures) {
    EXPECT_FALSE(figure.title.empty());
    EXPECT_FALSE(figure.caption.empty());
    EXPECT_TRUE(contains(figure.description, figure.finding)) << figure.id;
    ASSERT_FALSE(figure.table.rows.empty());
    for (const Table::Row& row : figure.table.rows)
      EXPECT_EQ(row.cells.size() + 1, figure.table.head.size()) << figure.id;
  }
  EXPECT_TRUE(contains(figures[0].finding, "near ends with the lowest training loss, 0.25;"));
  EXPECT_TRUE(contains(figures[1].finding, "fast ends highest, at 88.20%"));
  EXPECT_TRUE(contains(figures[4].finding, "a factor of 200"));
}

TEST(figures, give_a_rule_its_place_in_the_race_whoever_else_is_drawn) {
  const RaceResults results = summarized(small_race());
  for (const Figure& figure : figures_of(results)) {
    const Json document = document_of(figure, results);
    bool found = false;
    for (const Json& parameter : document["params"])
      if (parameter["name"] == "rules") {
        found = true;
        EXPECT_EQ(parameter["value"], (Json{"fast", "near", "poor"})) << figure.id;
      }
    EXPECT_TRUE(found) << figure.id;
  }
}

TEST(figures, end_a_curve_where_its_rule_diverged_and_say_so) {
  const Figure figure = training_loss(summarized(race_with_divergence()));
  std::size_t rows = 0;
  for (const Json& row : figure.data["curves"]) rows += row["rule"] == "near" ? 1U : 0U;
  EXPECT_EQ(rows, 2U);
  EXPECT_TRUE(contains(figure.caption, "a cross marks where a run diverged"));
  EXPECT_FALSE(contains(training_loss(summarized(small_race())).caption, "cross marks"));
  const Figure trials = sensitivity(summarized(race_with_divergence()));
  EXPECT_TRUE(contains(trials.caption, "2 of 9 trials diverged"));
}

TEST(figures, keep_long_names_apart) {
  RaceResults results = race_of(2);
  const std::string same(40, 'x');
  results.entries[0].label = same + "beta1=0.8" + same;
  results.entries[1].label = same + "beta1=0.9" + same;
  const std::vector<std::string> names = names_of(results);
  EXPECT_NE(names[0], names[1]);
}

}  // namespace
}  // namespace gradus::lab
