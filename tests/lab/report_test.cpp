#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "gradus/core/error.hpp"
#include "lab/report/axes.hpp"
#include "lab/report/figures.hpp"
#include "lab/report/format.hpp"
#include "lab/report/html.hpp"
#include "lab/report/output.hpp"
#include "lab/report/statistics.hpp"
#include "lab/report/summary.hpp"
#include "lab/report/svg.hpp"
#include "lab/report/terminal.hpp"
#include "lab/results/results.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using test::contains;
using test::message_of;

namespace fs = std::filesystem;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// ---- Races to report on -----------------------------------------------------------------------------------

Trial trial(LearningRates lr, double accuracy) {
  Trial t;
  t.lr = std::move(lr);
  t.epochs = 2;
  t.train_loss = {0.9, 0.7};
  t.validation_loss = 1 - accuracy;
  t.validation_accuracy = accuracy;
  return t;
}

Trial diverged_trial(LearningRates lr) {
  Trial t = trial(std::move(lr), 0);
  t.train_loss = {0.9, kInfinity};
  t.validation_loss = kInfinity;
  t.validation_accuracy = kNotMeasured;
  t.diverged = true;
  return t;
}

/// A finished run that ends at `accuracy`, one point above the epoch before.
Run run(std::uint64_t seed, double accuracy, double loss) {
  Run r;
  r.seed = seed;
  r.lr = {0.01};
  r.train_loss = {2 * loss, loss};
  r.validation_accuracy = r.test_accuracy = {accuracy - 0.01, accuracy};
  r.final_test_loss = loss;
  r.final_test_accuracy = accuracy;
  r.optimizer_step_seconds = 1e-5 * static_cast<double>(seed);
  r.finished = true;
  return r;
}

Entry entry(const std::string& label, std::vector<double> accuracies, double loss) {
  Entry e;
  e.rule = e.label = label;
  e.trials = {trial({0.001}, 0.80), trial({0.01}, 0.85), trial({0.1}, 0.75)};
  e.chosen_lr = {0.01};
  for (std::size_t i = 0; i < accuracies.size(); ++i) e.runs.push_back(run(i + 1, accuracies[i], loss));
  return e;
}

void give_effective_rates(Entry& e) {
  for (Run& r : e.runs)
    for (const char* layer : {"fc1.weight", "fc2.weight"})
      r.effective_rates.push_back({layer, {{1e-3, 2e-3, 4e-3, 8e-3, 1e-1}, {1e-3, 2e-3, 4e-3, 8e-3, 2e-1}}});
}

void cut_to_one_epoch(Run& r) {
  r.train_loss.resize(1);
  r.test_accuracy.resize(1);
  for (LayerRates& layer : r.effective_rates) layer.by_epoch.resize(1);
}

/// `fast` and `near` overlap in accuracy; `poor` is far below both, `loss` tells `near` from the others.
RaceResults small_race() {
  RaceResults results;
  RaceSettings& s = results.settings;
  s.command = "gradus race --rules fast,near,poor";
  s.started = "2026-01-02T03:04:05Z";
  s.model = "mlp";
  s.rules = {"fast", "near", "poor"};
  s.epochs = s.tuning_epochs = 2;
  s.batch = 64;
  s.seeds = {1, 2, 3};
  s.trials = 3;
  s.threads = 2;
  s.schedule = "cosine";
  s.train_size = 50000;
  s.validation_size = 10000;
  s.test_size = 10000;
  s.parameters = 101770;
  s.data = "Fashion-MNIST";
  s.gradus_version = "0.1.0";
  s.instruction_set = "avx2";
  results.entries = {entry("fast", {0.880, 0.882, 0.884}, 0.30), entry("near", {0.879, 0.881, 0.883}, 0.25),
                     entry("poor", {0.840, 0.841, 0.842}, 0.50)};
  give_effective_rates(results.entries[0]);
  results.seconds = 12.5;
  return results;
}

RaceResults summarized(RaceResults results) {
  summarize(results);
  return results;
}

const Verdict& verdict(const RaceResults& results, std::string_view question) {
  const auto found = std::ranges::find(results.verdicts, question, &Verdict::question);
  if (found == results.verdicts.end()) throw Error("no verdict on " + std::string(question));
  return *found;
}

/// A folder that is gone after the test.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "gradus-report-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw Error("no temporary folder");
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {}));
  }
  fs::path path;
};

std::string contents(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// ---- results.json -----------------------------------------------------------------------------------------

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
  EXPECT_TRUE(std::isnan(diverged.validation_accuracy));
  EXPECT_EQ(diverged.train_loss.back(), kInfinity);
  EXPECT_EQ(again.entries[0].runs[2].effective_rates[1].by_epoch,
            results.entries[0].runs[2].effective_rates[1].by_epoch);
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
  EXPECT_TRUE(contains(broken([](auto& j) { j["format"] = "gradus-race-0"; }), "gradus-race-1"));
  EXPECT_TRUE(
      contains(broken([](auto& j) { j["entries"][1]["runs"][2].erase("seed"); }), "entries[1].runs[2].seed"));
  EXPECT_TRUE(contains(broken([](auto& j) { j["settings"]["epochs"] = 1e300; }), "settings.epochs"));
  EXPECT_TRUE(contains(broken([](auto& j) { j["settings"]["seeds"][0] = -1; }), "settings.seeds[0]"));
  EXPECT_TRUE(contains(broken([](auto& j) { j["seconds"] = "nan"; }), "seconds should be a number"));
  EXPECT_TRUE(contains(broken([](auto& j) { j["verdicts"] = 3; }), "verdicts should be an array"));
  EXPECT_TRUE(contains(message_of([] { from_text("{\"format\": "); }), "results: "));
}

void collect_names(const nlohmann::ordered_json& json, std::set<std::string>& names) {
  for (const auto& item : json.items()) {
    if (json.is_object()) names.insert(item.key());
    if (item.value().is_structured()) collect_names(item.value(), names);
  }
}

TEST(results, every_field_is_documented) {
  const fs::path page = fs::path(__FILE__).parent_path() / "../../docs/race-results.md";
  const std::string documented = contents(page);
  std::set<std::string> names;
  collect_names(to_json(summarized(small_race())), names);
  EXPECT_GT(names.size(), 50U);
  for (const std::string& name : names) EXPECT_TRUE(contains(documented, "`" + name + "`")) << name;
}

// ---- Statistics -------------------------------------------------------------------------------------------

TEST(statistics, quantiles_of_students_t_are_those_of_the_tables) {
  EXPECT_NEAR(student_t_quantile(0.975, 1), 12.706205, 1e-6);
  EXPECT_NEAR(student_t_quantile(0.975, 2), 4.302653, 1e-6);
  EXPECT_NEAR(student_t_quantile(0.975, 9), 2.262157, 1e-6);
  EXPECT_NEAR(student_t_quantile(0.975, 100000), 1.959988, 1e-6);
}

TEST(statistics, an_interval_is_t_times_the_standard_error) {
  const Estimate e = estimate(std::vector{1.0, 2.0, 3.0});
  EXPECT_DOUBLE_EQ(e.mean, 2);
  EXPECT_NEAR(e.half_width, 4.302653 / std::sqrt(3), 1e-6);
  EXPECT_EQ(e.n, 3);
}

TEST(statistics, one_value_has_a_mean_and_no_interval) {
  const Estimate e = estimate(std::vector{5.0});
  EXPECT_EQ(e.mean, 5);
  EXPECT_TRUE(std::isnan(e.half_width));
  EXPECT_TRUE(std::isnan(estimate({}).mean));
}

TEST(statistics, a_run_that_blew_up_is_not_left_out_of_the_mean) {
  EXPECT_TRUE(std::isnan(estimate(std::vector{1.0, kInfinity, 3.0}).mean));
  EXPECT_TRUE(std::isnan(estimate(std::vector{1.0, kNotMeasured}).mean));
}

// ---- Summaries and verdicts -------------------------------------------------------------------------------

TEST(summary, names_the_winner_and_those_that_tie_with_it) {
  const RaceResults results = summarized(small_race());
  const Verdict& accuracy = verdict(results, "test_accuracy");
  EXPECT_EQ(accuracy.winner, "fast");
  EXPECT_EQ(accuracy.tied, std::vector<std::string>{"near"});
  EXPECT_FALSE(accuracy.conclusive);
  EXPECT_EQ(
      accuracy.sentence,
      "Best test accuracy: fast (88.20 ± 0.50%) ties with near (88.10 ± 0.50%); the 95% intervals overlap.");
}

TEST(summary, calls_a_victory_conclusive_when_the_intervals_are_apart) {
  RaceResults results = small_race();
  results.entries.erase(results.entries.begin() + 1);
  summarize(results);
  EXPECT_TRUE(verdict(results, "test_accuracy").conclusive);
  EXPECT_EQ(verdict(results, "test_accuracy").sentence,
            "Best test accuracy: fast (88.20 ± 0.50%), ahead of poor (84.10 ± 0.25%).");
}

TEST(summary, claims_nothing_from_one_seed) {
  RaceResults results = small_race();
  for (Entry& e : results.entries) e.runs.resize(1);
  summarize(results);
  const Verdict& accuracy = verdict(results, "test_accuracy");
  EXPECT_EQ(accuracy.winner, "fast");
  EXPECT_FALSE(accuracy.conclusive);
  EXPECT_TRUE(contains(accuracy.sentence, "no interval"));
}

TEST(summary, lowest_wins_where_less_is_better) {
  EXPECT_EQ(verdict(summarized(small_race()), "train_loss").winner, "near");
}

TEST(summary, the_target_is_what_every_rule_near_the_best_reaches) {
  RaceResults results = summarized(small_race());
  EXPECT_NEAR(results.target_accuracy, 0.84, 1e-12);
  results.entries[2] = entry("poor", {0.5, 0.5, 0.5}, 1.0);
  results.target_accuracy = kNotMeasured;
  summarize(results);
  EXPECT_NEAR(results.target_accuracy, 0.88, 1e-12);
  EXPECT_EQ(results.entries[2].summary.epochs_to_target.n, 0);
}

TEST(summary, epochs_to_the_target_are_read_off_the_straight_line_between_two) {
  RaceResults results = small_race();
  results.target_accuracy = 0.8775;
  summarize(results);
  const Estimate& epochs = results.entries[0].summary.epochs_to_target;  // 0.75, 0.55 and 0.35 of the way
  EXPECT_EQ(epochs.n, 3);
  EXPECT_NEAR(epochs.mean, 1.55, 1e-9);
}

TEST(summary, a_rule_that_reached_the_target_by_luck_of_the_seed_cannot_be_the_fastest) {
  RaceResults results = small_race();
  results.target_accuracy = 0.8805;
  results.entries[0].runs[1].test_accuracy = {0.9, 0.9};
  summarize(results);
  EXPECT_EQ(results.entries[0].summary.epochs_to_target.n, 2);
  EXPECT_EQ(verdict(results, "epochs_to_target").winner, "");
}

TEST(summary, sensitivity_is_the_mean_loss_at_both_neighbours) {
  RaceResults results = summarized(small_race());
  EXPECT_NEAR(results.entries[0].summary.lr_sensitivity, (0.05 + 0.10) / 2, 1e-12);
  results.entries[0].trials[2] = diverged_trial({0.1});
  summarize(results);
  EXPECT_NEAR(results.entries[0].summary.lr_sensitivity, (0.05 + 0.85) / 2, 1e-12);
}

TEST(summary, of_two_rules_in_a_row_no_rate_is_the_one_to_be_sensitive_to) {
  RaceResults results = small_race();
  Entry& two = results.entries[0];
  two.trials = {trial({0.0001}, 0.1),      trial({0.001}, 0.2),      trial({0.01}, 0.1),
                trial({0.001, 0.01}, 0.8), trial({0.001, 0.1}, 0.9), trial({0.001, 1}, 0.7)};
  two.chosen_lr = {0.001, 0.1};
  summarize(results);
  EXPECT_EQ(tuned_phase(two), 1U);
  EXPECT_TRUE(std::isnan(two.summary.lr_sensitivity));
}

TEST(summary, where_all_tie_nothing_is_said_to_be_won) {
  RaceResults results = small_race();
  for (Entry& entry : results.entries)
    for (std::size_t i = 0; i < entry.runs.size(); ++i)
      entry.runs[i].train_loss.back() = 0.3 + 0.1 * static_cast<double>(i);
  summarize(results);
  EXPECT_EQ(verdict(results, "train_loss").sentence,
            "Lowest training loss: fast (0.4000 ± 0.2484); nothing tells the others from it: their 95% "
            "intervals overlap.");
}

TEST(summary, an_unfinished_run_does_not_count) {
  RaceResults results = small_race();
  results.entries[0].runs[2].finished = false;
  summarize(results);
  EXPECT_EQ(results.entries[0].summary.test_accuracy.n, 2);
}

// ---- Numbers as they are shown ----------------------------------------------------------------------------

TEST(format, shows_numbers_as_people_write_them) {
  EXPECT_EQ(duration(41.2e-6), "41.2 µs");
  EXPECT_EQ(duration(0.00099999), "1 ms");
  EXPECT_EQ(duration(151), "2 min 31 s");
  EXPECT_EQ(duration(kNotMeasured), kNothing);
  EXPECT_EQ(duration_with_interval({41.2e-6, 0.3e-6, 3}), "41.2 ± 0.3 µs");
  EXPECT_EQ(with_interval({0.8841, 0.0012, 3}, 2, 100), "88.41 ± 0.12");
  EXPECT_EQ(with_interval({0.8841, kNotMeasured, 1}, 2, 100), "88.41");
  EXPECT_EQ(learning_rates({0.001, 0.0316}), "0.001 > 0.0316");
  EXPECT_EQ(thousands(60000), "60,000");
  EXPECT_EQ(thousands(999), "999");
  EXPECT_EQ(in_words({"a", "b", "c"}), "a, b and c");
}

TEST(format, shortens_between_characters_and_keeps_both_ends) {
  EXPECT_EQ(shortened("adam:beta2=0.99", 9), "adam…0.99");
  EXPECT_EQ(shortened("ääääää", 4), "ää…ä");
  EXPECT_EQ(shortened("adam", 4), "adam");
}

TEST(axes, ticks_are_round_numbers_within_the_axis) {
  EXPECT_EQ(ticks({0, 0.3}, 4), (std::vector{0.0, 0.1, 0.2, 0.1 * 3}));
  EXPECT_EQ(ticks({1e-4, 1e2, true}, 4), (std::vector{1e-4, 1e-2, 1.0, 1e2}));
  EXPECT_EQ(tick_label(1e-5), "10⁻⁵");
  EXPECT_EQ(tick_label(0.02), "0.02");
}

TEST(axes, labels_move_apart_and_keep_their_order) {
  const std::vector<double> apart = spread({0.5, 0.5, 0.9, 0.49}, 0.1);
  EXPECT_NEAR(apart[0] - apart[3], 0.1, 1e-12);
  EXPECT_NEAR(apart[1] - apart[0], 0.1, 1e-12);
  EXPECT_NEAR(apart[2], 0.9, 1e-12);
  const std::vector<double> crowded = spread(std::vector<double>(5, 1.0), 0.9);
  EXPECT_NEAR(crowded.front(), 0, 1e-12);
  EXPECT_NEAR(crowded.back(), 1, 1e-12);
}

// ---- The terminal -----------------------------------------------------------------------------------------

TEST(terminal, rows_stand_best_first_within_eighty_columns) {
  const std::string text = terminal_report(summarized(small_race()));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(character_count(line), 80U) << line;
  EXPECT_LT(text.find("\nfast"), text.find("\nnear"));
  EXPECT_LT(text.find("\nnear"), text.find("\npoor"));
  EXPECT_TRUE(contains(text, "88.20 ± 0.50"));
  EXPECT_FALSE(contains(text, "\x1b"));
}

TEST(terminal, colours_only_when_told_to_and_ascii_where_needed) {
  const RaceResults results = summarized(small_race());
  EXPECT_TRUE(contains(terminal_report(results, {.colors = true}), "\x1b[1m"));
  const std::string ascii = terminal_report(results, {.colors = false, .utf8 = false});
  EXPECT_TRUE(std::ranges::all_of(ascii, [](char c) { return static_cast<unsigned char>(c) < 128; }))
      << ascii;
  EXPECT_TRUE(contains(ascii, "88.20 +- 0.50"));
}

TEST(terminal, says_what_is_missing) {
  RaceResults results = small_race();
  results.interrupted = true;
  results.entries[0].best_at_edge = true;
  results.entries[1].runs.clear();
  results.entries[2].runs.clear();
  results.entries[2].trials = {diverged_trial({1})};
  results.entries[2].chosen_lr.clear();
  const std::string text = terminal_report(summarized(results));
  EXPECT_TRUE(contains(text, "not run"));
  EXPECT_TRUE(contains(text, "diverged"));
  EXPECT_TRUE(contains(text, "interrupted"));
  EXPECT_TRUE(contains(text, "0.01*"));
}

// ---- Figures and the page ---------------------------------------------------------------------------------

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

// ---- Files ------------------------------------------------------------------------------------------------

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
