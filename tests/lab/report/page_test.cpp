#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

#include "figure_cases.hpp"
#include "folder.hpp"
#include "lab/report/html.hpp"
#include "lab/report/output.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using test::contains;
using test::message_of;

constexpr std::string_view kVega = "\"vegaEmbed: </script> <!-- its end\"";

std::string page_of(const RaceResults& results) { return html_report(results, kVega); }

std::string without_scripts(std::string page) {
  constexpr std::string_view kEnd = "</script>";
  for (std::size_t from = 0; (from = page.find("<script")) != std::string::npos;)
    page.erase(from, page.find(kEnd, from) + kEnd.size() - from);
  return page;
}

TEST(page, has_no_id_twice) {
  const std::string page = page_of(summarized(small_race()));
  std::vector<std::string> ids;
  const std::regex id(R"re( id=["']([^"']+)["'])re");
  for (std::sregex_iterator match(page.begin(), page.end(), id), end; match != end; ++match)
    ids.push_back((*match)[1]);
  std::ranges::sort(ids);
  EXPECT_GE(ids.size(), 12U);
  EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end()) << *std::ranges::adjacent_find(ids);
}

TEST(page, has_a_drawing_with_words_and_a_table_for_each_figure) {
  const std::string page = page_of(summarized(small_race()));
  for (const char* id :
       {"training-loss", "test-metric", "differences", "sensitivity", "effective-rates", "update-ratios"}) {
    const std::string name = id;
    EXPECT_TRUE(contains(page, "role=\"img\" aria-labelledby=\"" + name + "-heading\" aria-describedby=\"" +
                                   name + "-description\""));
    EXPECT_TRUE(contains(page, "<p id=\"" + name + "-description\" hidden>")) << id;
  }
  EXPECT_TRUE(contains(page, "<noscript>"));
  EXPECT_FALSE(contains(page, "was built without"));
}

TEST(page, without_vega_says_so_and_keeps_words_and_numbers) {
  const std::string page = html_report(summarized(small_race()), "");
  EXPECT_TRUE(contains(page, "was built without"));
  EXPECT_FALSE(contains(page, "<script"));
  EXPECT_TRUE(contains(page, "near ends with the lowest training loss, 0.25;"));
  EXPECT_TRUE(contains(page, "The numbers behind this figure"));
}

TEST(page, lets_no_script_end_before_its_end) {
  for (const auto& [name, results] : figure_cases()) {
    const std::string page = page_of(results);
    const std::string rest = without_scripts(page);
    EXPECT_FALSE(contains(rest, "script>alert")) << name;
    EXPECT_FALSE(contains(rest, "its end")) << name;
    EXPECT_FALSE(contains(page, "<!--")) << name << page.substr(page.find("<!--") - 100, 200);
    EXPECT_TRUE(rest.ends_with("</html>\n")) << name;
  }
}

TEST(page, shows_every_mean_in_its_strip) {
  RaceResults apart = small_race();  // as wide as intervals are over two short runs
  apart.entries = {entry("a", {0.60, 0.66}, 0.3), entry("b", {0.50, 0.60}, 0.3), entry("c", {0.2, 0.3}, 0.3)};
  const std::string page = page_of(summarized(apart));
  std::size_t marks = 0;
  for (std::size_t at = 0; (at = page.find("<span class=\"strip\"><i", at)) != std::string::npos; ++at)
    ++marks;
  EXPECT_EQ(marks, 3U);
  EXPECT_TRUE(contains(page, "<b class=\"beyond\" style=\"left: 0.00%\">"));
}

TEST(page, leaves_no_room_for_a_winner_where_all_tie) {
  EXPECT_FALSE(contains(page_of(summarized(race_of(2))), "<b></b>"));
}

TEST(page, escapes_what_came_from_the_user) {
  RaceResults results = small_race();
  for (std::string* text : {&results.entries[0].label, &results.entries[0].rule, &results.settings.command,
                            &results.settings.data, &results.settings.title, &results.settings.machine.cpu})
    *text = "`touch x`'\"<script>alert(1)</script>&";
  results.entries[0].runs[0].layers[0].layer = "<i>\"layer\"</i>";
  const std::string page = page_of(summarized(results));
  EXPECT_FALSE(contains(page, "<script>alert"));
  EXPECT_FALSE(contains(page, "<i>\"layer"));
  EXPECT_TRUE(contains(page, "&lt;script&gt;alert(1)"));
  EXPECT_FALSE(fs::exists("x"));
}

TEST(page, stands_alone) {
  const std::string page = html_report(summarized(small_race()));
  const std::string rest = without_scripts(page);
  EXPECT_TRUE(page.starts_with("<!doctype html>"));
  for (const char* foreign : {"http:", "https:", " src=", "<link", "@import", "url("})
    EXPECT_FALSE(contains(rest, foreign)) << foreign;
  EXPECT_FALSE(contains(page, "<script src"));
  EXPECT_FALSE(contains(rest, "{{"));
  EXPECT_TRUE(contains(page, "prefers-color-scheme: dark"));
  EXPECT_TRUE(contains(page, "gradus race --rules fast,near,poor"));
}

TEST(page, the_headline_claims_no_more_than_the_intervals_bear_out) {
  const auto headline = [](RaceResults results) {
    const std::string page = page_of(summarized(std::move(results)));
    const std::size_t from = page.find("<h1>") + 4;
    return page.substr(from, page.find("</h1>") - from);
  };
  RaceResults results = small_race();
  EXPECT_EQ(headline(results), "fast comes first with 88.20% test accuracy; near may be as good");
  results.entries.erase(results.entries.begin() + 1);
  EXPECT_EQ(headline(results), "fast wins with 88.20% test accuracy");
  for (Entry& e : results.entries) e.runs.resize(1);
  EXPECT_EQ(headline(results), "fast comes first with 88.00% test accuracy, by too few seeds for a verdict");
}

TEST(page, survives_races_that_went_wrong) {
  RaceResults nothing = small_race();
  nothing.interrupted = true;
  nothing.entries.resize(1);
  nothing.entries[0] = Entry{};
  nothing.entries[0].label = "adam";
  EXPECT_TRUE(contains(page_of(summarized(nothing)), "No rule came to the end of a run"));

  RaceResults diverged = small_race();
  diverged.entries[0].trials = {diverged_trial({0.1}), diverged_trial({1})};
  diverged.entries[0].chosen.clear();
  diverged.entries[0].runs.clear();
  for (double& loss : diverged.entries[1].runs[0].train_loss) loss = kInfinity;
  diverged.entries[1].runs[0].final_test_metric = kNotMeasured;
  diverged.entries[1].runs[0].diverged = true;
  const std::string page = page_of(summarized(diverged));
  EXPECT_TRUE(contains(page, "diverged"));
  EXPECT_FALSE(contains(page, ">nan"));
  EXPECT_FALSE(contains(page, ">inf"));

  RaceResults brief = small_race();
  for (Entry& e : brief.entries) std::ranges::for_each(e.runs, cut_to_one_look);
  EXPECT_TRUE(contains(page_of(summarized(brief)), "Training loss by epoch"));
}

TEST(output, replaces_a_file_whole_and_leaves_nothing_else) {
  const Folder folder;
  const fs::path file = folder.path / "results.json";
  write_file_atomically(file, "old");
  write_file_atomically(file, std::string(100000, 'x'));
  EXPECT_EQ(contents(file), std::string(100000, 'x'));
  EXPECT_EQ(folder.files(), 1U);
}

TEST(output, a_failure_names_the_path_and_leaves_nothing) {
  const Folder folder;
  fs::create_directories(folder.path / "taken" / "inside");
  const fs::path taken = folder.path / "taken";
  EXPECT_TRUE(contains(message_of([&] { write_file_atomically(taken, "x"); }), taken.string()));
  EXPECT_EQ(folder.files(), 1U);
  const fs::path nowhere = folder.path / "missing" / "file";
  EXPECT_TRUE(contains(message_of([&] { write_file_atomically(nowhere, "x"); }), "No such file"));
}

TEST(output, a_folder_is_made_and_proved_before_a_race) {
  const Folder folder;
  prepare_output_folder(folder.path / "a" / "b", {});
  EXPECT_TRUE(fs::is_empty(folder.path / "a" / "b"));
  std::ofstream(folder.path / "file") << "x";
  EXPECT_TRUE(contains(message_of([&] { prepare_output_folder(folder.path / "file", {}); }), "file"));
}

}  // namespace
}  // namespace gradus::lab
