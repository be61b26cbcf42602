#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

#include "folder.hpp"
#include "lab/report/figures.hpp"
#include "lab/report/html.hpp"
#include "lab/report/output.hpp"
#include "lab/report/svg.hpp"
#include "small_race.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using test::contains;
using test::message_of;

TEST(figures, are_four_each_with_a_title_axes_and_words_from_the_data) {
  const std::vector<Figure> figures = draw_figures(summarized(small_race()), Gnuplot{});
  ASSERT_EQ(figures.size(), 4U);
  const std::regex alternative(
      R"re(^<svg viewBox="[^"]+" role="img" aria-labelledby="[^"]+"><title [^>]*>[^<]+</title><desc [^>]*>[^<]+</desc>)re");
  for (const Figure& figure : figures)
    for (const std::string& svg : {figure.wide, figure.narrow}) {
      EXPECT_TRUE(std::regex_search(svg.substr(0, 2000), alternative)) << svg.substr(0, 400);
      EXPECT_TRUE(svg.ends_with("</svg>"));
      EXPECT_TRUE(contains(svg, "currentColor"));
      EXPECT_TRUE(contains(svg, "var(--series-1)"));
      EXPECT_FALSE(contains(svg, "rgb("));
      EXPECT_FALSE(contains(svg, "font-family"));
    }
  EXPECT_TRUE(contains(figures[0].finding, "near ends with the lowest training loss, 0.250"));
  EXPECT_TRUE(contains(figures[0].wide, "training loss (nats)"));
  EXPECT_TRUE(contains(figures[1].wide, "fast ends highest, at 88.20%"));
  EXPECT_TRUE(contains(figures[1].wide, "test accuracy (%)"));
  EXPECT_TRUE(contains(figures[2].wide, "learning rate<"));
  EXPECT_TRUE(contains(figures[3].wide, "a factor of 200"));
}

TEST(figures, ids_are_unique_in_the_page) {
  std::string page = html_report(summarized(small_race()));
  std::vector<std::string> ids;
  const std::regex id(R"re( id=["']([^"']+)["'])re");
  for (std::sregex_iterator match(page.begin(), page.end(), id), end; match != end; ++match)
    ids.push_back((*match)[1]);
  std::ranges::sort(ids);
  EXPECT_GT(ids.size(), 20U);
  EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end()) << *std::ranges::adjacent_find(ids);
}

TEST(figures, a_missing_gnuplot_is_an_error_that_says_what_to_install) {
  const Gnuplot missing("gradus-no-such-plotter");
  EXPECT_TRUE(contains(message_of([&] { missing.require(); }), "install gnuplot"));
  EXPECT_TRUE(contains(message_of([&] { html_report(summarized(small_race()), missing); }),
                       "gradus-no-such-plotter"));
}

TEST(figures, a_failing_gnuplot_is_an_error_with_its_own_words_and_leaves_no_folder) {
  const Folder folder;
  const std::string before = fs::temp_directory_path().string();
  ::setenv("TMPDIR", folder.path.c_str(), 1);
  const std::string message = message_of([] { Gnuplot{}.draw(100, 100, "plot nonsense("); });
  ::setenv("TMPDIR", before.c_str(), 1);
  EXPECT_TRUE(contains(message, "could not draw a figure")) << message;
  EXPECT_TRUE(contains(message, "nonsense")) << message;
  EXPECT_EQ(folder.files(), 0U);
}

TEST(page, escapes_what_came_from_the_user) {
  RaceResults results = small_race();
  for (std::string* text : {&results.entries[0].label, &results.entries[0].rule, &results.settings.command,
                            &results.settings.data, &results.settings.model})
    *text = "`touch x`'\"<script>alert(1)</script>&";
  results.entries[0].runs[0].effective_rates[0].layer = "<i>\"layer\"</i>";
  const std::string page = html_report(summarized(results));
  EXPECT_FALSE(contains(page, "<script"));
  EXPECT_FALSE(contains(page, "<i>\"layer"));
  EXPECT_TRUE(contains(page, "&lt;script&gt;alert(1)"));
  EXPECT_FALSE(fs::exists("x"));
}

TEST(page, stands_alone) {
  const std::string page = html_report(summarized(small_race()));
  EXPECT_TRUE(page.starts_with("<!doctype html>"));
  EXPECT_FALSE(contains(page, "http:")) << page.substr(page.find("http:"), 80);
  EXPECT_FALSE(contains(page, "https:"));
  EXPECT_FALSE(contains(page, "{{"));
  EXPECT_TRUE(contains(page, "prefers-color-scheme: dark"));
  EXPECT_TRUE(contains(page, "gradus race --rules fast,near,poor"));
}

TEST(page, the_headline_claims_no_more_than_the_intervals_bear_out) {
  const auto headline = [](RaceResults results) {
    const std::string page = html_report(summarized(std::move(results)));
    const std::size_t from = page.find("<h1>") + 4;
    return page.substr(from, page.find("</h1>") - from);
  };
  RaceResults results = small_race();
  EXPECT_EQ(headline(results), "fast comes first with 88.2% test accuracy; near may be as good");
  results.entries.erase(results.entries.begin() + 1);
  EXPECT_EQ(headline(results), "fast wins with 88.2% test accuracy");
  for (Entry& e : results.entries) e.runs.resize(1);
  EXPECT_EQ(headline(results), "fast comes first with 88.0% test accuracy, measured once");
}

TEST(page, survives_races_that_went_wrong) {
  RaceResults nothing = small_race();
  nothing.interrupted = true;
  nothing.entries.resize(1);
  nothing.entries[0] = Entry{};
  nothing.entries[0].label = "adam";
  EXPECT_TRUE(contains(html_report(summarized(nothing)), "No rule came to the end of a run"));

  RaceResults diverged = small_race();
  diverged.entries[0].trials = {diverged_trial({0.1}), diverged_trial({1})};
  diverged.entries[0].chosen_lr.clear();
  diverged.entries[0].runs.clear();
  for (double& loss : diverged.entries[1].runs[0].train_loss) loss = kInfinity;
  diverged.entries[1].runs[0].final_test_accuracy = kNotMeasured;
  diverged.entries[1].runs[0].diverged = true;
  const std::string page = html_report(summarized(diverged));
  EXPECT_TRUE(contains(page, "diverged"));
  EXPECT_FALSE(contains(page, ">nan"));
  EXPECT_FALSE(contains(page, ">inf"));

  RaceResults brief = small_race();
  for (Entry& e : brief.entries) std::ranges::for_each(e.runs, cut_to_one_epoch);
  EXPECT_TRUE(contains(html_report(summarized(brief)), "Training loss by epoch"));
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
  prepare_output_folder(folder.path / "a" / "b");
  EXPECT_TRUE(fs::is_empty(folder.path / "a" / "b"));
  std::ofstream(folder.path / "file") << "x";
  EXPECT_TRUE(contains(message_of([&] { prepare_output_folder(folder.path / "file"); }), "file"));
}

}  // namespace
}  // namespace gradus::lab
