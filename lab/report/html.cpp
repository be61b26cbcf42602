#include "lab/report/html.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <kainjow/mustache.hpp>

#include "gradus/core/error.hpp"
#include "lab/report/embedded.hpp"
#include "lab/report/figures/figure.hpp"
#include "lab/report/format.hpp"
#include "lab/report/strip.hpp"
#include "lab/report/summary.hpp"

namespace gradus::lab {
namespace {

using kainjow::mustache::data;

constexpr std::size_t kSeriesColors = 8;  // of palette.css

const Verdict* verdict_on(const RaceResults& results, std::string_view question) {
  const auto found = std::ranges::find(results.verdicts, question, &Verdict::question);
  return found == results.verdicts.end() ? nullptr : &*found;
}

std::string title(const RaceResults& results) {
  return results.settings.model + " on " + results.settings.data;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// "±" stays with its numbers when a line breaks.
std::string unbroken(std::string text) {
  replace_all(text, " ± ", "\u00a0±\u00a0");
  return text;
}

/// Who came first, in one sentence that claims no more than the intervals bear out.
std::string headline(const RaceResults& results) {
  const Verdict* verdict = verdict_on(results, "test_accuracy");
  if (verdict == nullptr || verdict->winner.empty()) return "No rule came to the end of a run";
  const auto winner = std::ranges::find(results.entries, verdict->winner, &Entry::label);
  const std::string score = fixed(100 * winner->summary.test_accuracy.mean, 1) + "% test accuracy";
  if (verdict->conclusive) return verdict->winner + " wins with " + score;
  const std::string leads = verdict->winner + " comes first with " + score;
  if (verdict->tied.size() > 3)
    return fmt::format("{}; {} others may be as good", leads, verdict->tied.size());
  if (!verdict->tied.empty()) return leads + "; " + in_words(verdict->tied) + " may be as good";
  return results.entries.size() == 1 ? leads : leads + ", measured once";
}

std::string deck(const RaceResults& results) {
  const RaceSettings& s = results.settings;
  const auto count = [](const auto& items, const char* noun) {
    return counted(static_cast<std::int64_t>(items.size()), noun);
  };
  return fmt::format(
      "{} {} the same {} of {} parameters, {} on {} images, {} each, from the same initial weights and "
      "by the "
      "same batches, with the same budget for tuning.",
      count(results.entries, "rule"), results.interrupted ? "were to train" : "trained", s.model,
      thousands(s.parameters), counted(s.epochs, "epoch"), thousands(s.train_size), count(s.seeds, "run"));
}

bool all_tie(const RaceResults& results, const Verdict& verdict) {
  return results.entries.size() > 1 && verdict.tied.size() + 1 == results.entries.size();
}

/// The sentence in three parts: what was asked, who won, and the rest. Where all tie nobody stands out.
data verdicts(const RaceResults& results) {
  data items{data::type::list};
  for (const Verdict& verdict : results.verdicts) {
    const std::size_t answer = verdict.sentence.find(": ") + 2;
    const std::string winner = all_tie(results, verdict) ? "" : verdict.winner;
    data item;
    item.set("question", verdict.sentence.substr(0, answer - 2));
    if (!winner.empty()) item.set("winner", winner);
    item.set("rest", unbroken(verdict.sentence.substr(answer + winner.size())));
    items.push_back(item);
  }
  return items;
}

data strip(const Estimate& accuracy, const StripScale& scale) {
  data marks{data::type::list};
  if (!std::isfinite(accuracy.mean)) return marks;
  const StripMark place = strip_mark(accuracy, scale);
  data mark;
  mark.set("left", fixed(place.left, 2));
  mark.set("middle", fixed(place.middle, 2));
  mark.set("width", fixed(place.right - place.left, 2));
  mark.set("below", place.below);
  marks.push_back(mark);
  return marks;
}

/// Whether the table prints this entry's number in bold: it won, or tied with the winner. Where all tie
/// nothing stands out.
bool among_best(const RaceResults& results, std::string_view question, const Entry& entry) {
  const Verdict* verdict = verdict_on(results, question);
  return verdict != nullptr && !all_tie(results, *verdict) &&
         (verdict->winner == entry.label || std::ranges::count(verdict->tied, entry.label) > 0);
}

/// "(2 of 3)" when not all seeds reached the target.
std::string seeds_that_reached(const Entry& entry) {
  const auto runs = static_cast<int>(finished_runs(entry).size());
  const int reached = entry.summary.epochs_to_target.n;
  if (reached == runs) return "";
  return reached == 0 ? "not reached" : fmt::format("({} of {})", reached, runs);
}

data row(const RaceResults& results, const Entry& entry, const StripScale& scale) {
  const auto index = static_cast<std::size_t>(&entry - results.entries.data());
  const Summary& summary = entry.summary;
  const std::string reached = seeds_that_reached(entry);
  data item;
  item.set("color", fmt::format("{}", index % kSeriesColors + 1));
  item.set("hollow", index >= kSeriesColors);
  item.set("rule", entry.rule);
  item.set("label", entry.label);
  item.set("strip", strip(summary.test_accuracy, scale));
  const std::string_view shortfall = shortcoming(entry);
  item.set("accuracy", shortfall.empty() ? with_interval(summary.test_accuracy, 2, 100) : "");
  if (!shortfall.empty()) item.set("shortcoming", std::string(shortfall));
  item.set("loss", with_interval(summary.train_loss, 3));
  item.set("epochs", reached == "not reached" ? "" : with_interval(summary.epochs_to_target, 1));
  if (!reached.empty()) item.set("some_seeds", reached);
  item.set("step", duration(summary.step_seconds.mean));
  item.set("lr", learning_rates(entry.chosen_lr));
  item.set("at_edge", entry.best_at_edge);
  item.set("trials", fmt::format("{}", entry.trials.size()));
  item.set("best_accuracy", among_best(results, "test_accuracy", entry));
  item.set("best_loss", among_best(results, "train_loss", entry));
  item.set("best_epochs", among_best(results, "epochs_to_target", entry));
  item.set("best_step", among_best(results, "step_seconds", entry));
  return item;
}

std::string interval_note(const RaceResults& results) {
  const auto seeds = results.settings.seeds.size();
  if (seeds < 2) return "With one seed there is no interval, and so no proof: run more seeds to have one.";
  return fmt::format("Means are over {} seeds, with 95% confidence intervals by Student's t.", seeds);
}

void set_table(data& page, const RaceResults& results) {
  const StripScale scale = strip_scale(results);
  data rows{data::type::list};
  for (const Entry* entry : ranked(results)) rows.push_back(row(results, *entry, scale));
  page.set("rows", rows);
  page.set("strip_low", fixed(scale.low, 0));
  page.set("strip_high", fixed(scale.high, 0));
  page.set("target", fixed(100 * results.target_accuracy, 1));
  page.set("any_at_edge", std::ranges::any_of(results.entries, &Entry::best_at_edge));
  page.set("table_note",
           results.settings.seeds.size() < 2
               ? "One seed: no intervals. Bold: the best of a column."
               : "Mean ± half width of the 95% confidence interval. Bold: the best of a column and those "
                 "that tie with it, unless all do.");
}

data texts(const std::vector<std::string>& items) {
  data values{data::type::list};
  for (const std::string& item : items) values.push_back(item);
  return values;
}

/// JSON fit for a <script> element, which neither "</script" nor "<!--" may end or change.
std::string json_in_html(std::string text) {
  replace_all(text, "<", "\\u003c");
  return text;
}

/// The same for a script, which can only have them in texts and regular expressions.
std::string script_in_html(std::string_view script) {
  std::string text(script);
  replace_all(text, "</script", "<\\/script");
  replace_all(text, "<!--", "<\\!--");
  return text;
}

data body(const Table& table) {
  data lines{data::type::list};
  for (const Table::Row& row : table.rows) {
    data line;
    line.set("name", row.name);
    line.set("cells", texts(row.cells));
    lines.push_back(line);
  }
  return lines;
}

data figures(const RaceResults& results) {
  data items{data::type::list};
  for (const Figure& figure : figures_of(results)) {
    data item;
    item.set("id", figure.id);
    item.set("title", figure.title);
    item.set("finding", unbroken(figure.finding));
    item.set("description", figure.description);
    item.set("caption", figure.caption);
    item.set("specification", json_in_html(specification(figure, results)));
    item.set("head", texts(figure.table.head));
    item.set("body", body(figure.table));
    items.push_back(item);
  }
  return items;
}

data facts(const RaceResults& results) {
  const RaceSettings& s = results.settings;
  const std::pair<const char*, std::string> pairs[] = {
      {"Data", s.data},
      {"Images", fmt::format("{} training, {} validation, {} test", thousands(s.train_size),
                             thousands(s.validation_size), thousands(s.test_size))},
      {"Model", fmt::format("{}, {} parameters", s.model, thousands(s.parameters))},
      {"Epochs", fmt::format("{} a run, {} a trial", s.epochs, s.tuning_epochs)},
      {"Batch", counted(s.batch, "image")},
      {"Learning-rate schedule", s.schedule},
      {"Seeds", fmt::format("{}", fmt::join(s.seeds, ", "))},
      {"Threads", fmt::format("{}", s.threads)},
      {"Instruction set", s.instruction_set},
  };
  data items{data::type::list};
  for (const auto& [name, value] : pairs) {
    data item;
    item.set("name", name);
    item.set("value", value);
    items.push_back(item);
  }
  return items;
}

void set_method(data& page, const RaceResults& results) {
  const RaceSettings& s = results.settings;
  page.set("trials", counted(s.trials, "learning rate"));
  page.set("tuning_epochs", counted(s.tuning_epochs, "epoch"));
  page.set("validation_size", thousands(s.validation_size));
  page.set("test_size", thousands(s.test_size));
  page.set("interval_note", interval_note(results));
  page.set("facts", facts(results));
}

}  // namespace

std::string html_report(const RaceResults& results, std::string_view vega) {
  data page;
  page.set("palette", std::string(embedded("palette.css")));
  page.set("drawable", !vega.empty());
  page.set("vega", script_in_html(vega));
  page.set("figures_script", std::string(embedded("figures.js")));
  page.set("title", title(results));
  page.set("headline", headline(results));
  page.set("deck", deck(results));
  page.set("interrupted", results.interrupted);
  page.set("verdicts", verdicts(results));
  set_table(page, results);
  page.set("figures", figures(results));
  set_method(page, results);
  page.set("command", results.settings.command);
  page.set("version", results.settings.gradus_version);
  page.set("started", results.settings.started);
  page.set("seconds", duration(results.seconds));

  kainjow::mustache::mustache skeleton{std::string(embedded("report.html.in"))};
  if (!skeleton.is_valid()) throw Error("the report's template is broken: " + skeleton.error_message());
  return skeleton.render(page);
}

}  // namespace gradus::lab
