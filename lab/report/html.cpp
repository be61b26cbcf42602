#include "lab/report/html.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <kainjow/mustache.hpp>

#include "lab/report/embedded.hpp"
#include "lab/report/figures/figure.hpp"
#include "lab/report/format.hpp"
#include "lab/report/measures.hpp"
#include "lab/report/page.hpp"
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
  return results.settings.task + ": " + results.settings.title;
}

std::vector<std::string> rivals_that(const Verdict& verdict, std::string_view word) {
  std::vector<std::string> labels;
  for (const Rival& rival : verdict.rivals)
    if (rival.word == word) labels.push_back(rival.label);
  return labels;
}

/// Who came first, in one sentence that claims no more than the tests bear out.
std::string headline(const RaceResults& results) {
  const Verdict* verdict = verdict_on(results, "test_metric");
  if (verdict == nullptr || verdict->best.empty()) return "No rule came to the end of a run";
  const Metric& metric = results.settings.metric;
  const auto best = std::ranges::find(results.entries, verdict->best, &Entry::label);
  const std::string score =
      fmt::format("{}{} test {}", fixed(metric.scale * best->summary.test_metric.mean, metric.digits),
                  metric.unit, metric.name);
  const std::size_t behind = rivals_that(*verdict, "behind").size();
  if (behind > 0 && behind == verdict->rivals.size()) return verdict->best + " wins with " + score;
  const std::string leads = verdict->best + " comes first with " + score;
  std::vector<std::string> close = rivals_that(*verdict, "ties");
  for (const std::string& label : rivals_that(*verdict, "undecided")) close.push_back(label);
  if (close.size() > 3) return fmt::format("{}; {} others may be as good", leads, close.size());
  if (!close.empty()) return leads + "; " + in_words(close) + " may be as good";
  return results.entries.size() == 1 ? leads : leads + ", by too few seeds for a verdict";
}

/// "5 epochs", "2,000 steps".
std::string length_text(std::int64_t steps, const RaceSettings& s) {
  if (s.epoch_steps == 0) return counted(steps, "step");
  if (steps % s.epoch_steps == 0) return counted(steps / s.epoch_steps, "epoch");
  return fmt::format("{:.3g} epochs", static_cast<double>(steps) / static_cast<double>(s.epoch_steps));
}

std::string deck(const RaceResults& results) {
  const RaceSettings& s = results.settings;
  const auto count = [](const auto& items, const char* noun) {
    return counted(static_cast<std::int64_t>(items.size()), noun);
  };
  const bool all_given =
      std::ranges::all_of(results.entries, [](const Entry& e) { return e.trials.empty(); });
  return fmt::format(
      "{} {} {}: {}{}{}, {} each, from the same initial values and by the same {}{}",
      count(results.entries, "rule"), results.interrupted ? "were to train" : "trained", s.title,
      s.parameters > 0 ? counted(s.parameters, "parameter") + ", " : "", length_text(s.steps, s),
      s.train_size > 0 ? " by batches of " + thousands(s.batch) : "", count(s.seeds, "run"),
      s.train_size > 0 ? "batches" : "random numbers",
      all_given ? "." : fmt::format("; {} tuned with the same number of trials.", in_words(s.tuned)));
}

/// The sentence in three parts: what was asked, who is best, and the rest.
data verdicts(const RaceResults& results) {
  data items{data::type::list};
  for (const Verdict& verdict : results.verdicts) {
    const std::size_t answer = verdict.sentence.find(": ") + 2;
    data item;
    item.set("question", verdict.sentence.substr(0, answer - 2));
    if (!verdict.best.empty()) item.set("winner", verdict.best);
    item.set("rest", unbroken(verdict.sentence.substr(answer + verdict.best.size())));
    items.push_back(item);
  }
  return items;
}

data strip(const Estimate& value, const StripScale& scale, const Metric& metric) {
  data marks{data::type::list};
  if (!std::isfinite(value.mean)) return marks;
  const StripMark place = strip_mark(value, scale, metric);
  data mark;
  mark.set("left", fixed(place.left, 2));
  mark.set("middle", fixed(place.middle, 2));
  mark.set("width", fixed(place.right - place.left, 2));
  mark.set("beyond", place.beyond);
  marks.push_back(mark);
  return marks;
}

/// Whether the table prints this entry's number in bold: it is best, and some rival is behind it.
bool stands_out(const RaceResults& results, std::string_view question, const Entry& entry) {
  const Verdict* verdict = verdict_on(results, question);
  return verdict != nullptr && verdict->best == entry.label && !rivals_that(*verdict, "behind").empty();
}

/// "(2 of 3)" when not all seeds reached the target.
std::string seeds_that_reached(const Entry& entry) {
  const auto runs = static_cast<int>(finished_runs(entry).size());
  const int reached = entry.summary.steps_to_target.n;
  if (reached == runs) return "";
  return reached == 0 ? "not reached" : fmt::format("({} of {})", reached, runs);
}

/// "ties", "behind": what the verdict says of this entry beside the best.
std::string word_on(const RaceResults& results, const Entry& entry) {
  const Verdict* verdict = verdict_on(results, "test_metric");
  if (verdict == nullptr) return "";
  if (verdict->best == entry.label) return "best";
  const auto rival = std::ranges::find(verdict->rivals, entry.label, &Rival::label);
  return rival == verdict->rivals.end() ? "" : rival->word;
}

void set_target(data& item, const Entry& entry, const RaceSettings& s) {
  const Summary& summary = entry.summary;
  const std::string reached = seeds_that_reached(entry);
  const bool none = reached == "not reached";
  const double unit = s.epoch_steps > 0 ? static_cast<double>(s.epoch_steps) : 1;
  const std::string most = is_bound(measure_of(s, "steps_to_target"), entry) ? "≤ " : "";
  item.set("steps",
           none ? "" : most + with_interval(summary.steps_to_target, s.epoch_steps > 0 ? 2 : 0, 1 / unit));
  item.set("seconds", none ? "" : most + duration_with_interval(summary.seconds_to_target));
  if (!reached.empty()) item.set("some_seeds", reached);
}

data row(const RaceResults& results, const Entry& entry, const StripScale& scale) {
  const auto index = static_cast<std::size_t>(&entry - results.entries.data());
  const Metric& metric = results.settings.metric;
  const Summary& summary = entry.summary;
  data item;
  item.set("color", fmt::format("{}", index % kSeriesColors + 1));
  item.set("hollow", index >= kSeriesColors);
  item.set("rule", entry.rule);
  item.set("label", entry.label);
  item.set("strip", strip(summary.test_metric, scale, metric));
  const std::string_view shortfall = shortcoming(entry);
  item.set("metric",
           shortfall.empty() ? with_interval(summary.test_metric, metric.digits, metric.scale) : "");
  if (!shortfall.empty()) item.set("shortcoming", std::string(shortfall));
  item.set("verdict", word_on(results, entry));
  item.set("loss", loss_with_interval(summary.train_loss));
  set_target(item, entry, results.settings);
  item.set("step", duration(summary.step_seconds.mean));
  item.set("point", points_text(entry.chosen));
  item.set("at_edge", !entry.at_edge.empty());
  item.set("best_metric", stands_out(results, "test_metric", entry));
  item.set("best_loss", stands_out(results, "train_loss", entry));
  item.set("best_steps", stands_out(results, "steps_to_target", entry));
  item.set("best_seconds", stands_out(results, "seconds_to_target", entry));
  item.set("best_step", stands_out(results, "step_seconds", entry));
  return item;
}

/// "lamb: 2 of 5 runs collapsed…", a line each.
data remarks(const RaceResults& results) {
  data items{data::type::list};
  for (const Entry* entry : ranked(results))
    for (const std::string& remark : entry->summary.remarks) {
      data item;
      item.set("label", entry->label);
      item.set("remark", unbroken(remark));
      items.push_back(item);
    }
  return items;
}

std::string interval_note(const RaceSettings& s) {
  if (s.seeds.size() < 2)
    return "With one seed there is no interval, and so no proof: run more seeds to have one.";
  std::string text =
      fmt::format("Means are over {} seeds, with 95% confidence intervals by Student's t.", s.seeds.size());
  if (s.tuning_seeds.size() > 1)
    text += fmt::format(
        " What the choice of a point might have been by other tuning seeds, resampled from {}, is in the "
        "intervals of the metric and the losses, not in those of times.",
        s.tuning_seeds.size());
  else
    text += " One tuning seed chose each point: what another would have chosen is not in them.";
  return text;
}

void set_table(data& page, const RaceResults& results) {
  const RaceSettings& s = results.settings;
  const StripScale scale = strip_scale(results);
  data rows{data::type::list};
  for (const Entry* entry : ranked(results)) rows.push_back(row(results, *entry, scale));
  page.set("rows", rows);
  page.set("strip_low", fmt::format("{:.4g}", scale.low));
  page.set("strip_high", fmt::format("{:.4g}", scale.high));
  page.set("metric_title",
           fmt::format("test {}{}", s.metric.name, s.metric.unit.empty() ? "" : ", " + s.metric.unit));
  page.set("tuned", in_words(s.tuned));
  page.set("steps_title", fmt::format("{}s to {:.4g}{}", s.epoch_steps > 0 ? "epoch" : "step",
                                      s.metric.scale * s.target, s.metric.unit));
  page.set("seconds_title", fmt::format("time to {:.4g}{}", s.metric.scale * s.target, s.metric.unit));
  page.set("remarks", remarks(results));
  page.set("table_note",
           s.seeds.size() < 2
               ? "One seed: no intervals."
               : "Mean ± half width of the 95% confidence interval. Bold: the best of a column, "
                 "where some other is behind it.");
}

data facts(const RaceResults& results) {
  const RaceSettings& s = results.settings;
  const std::pair<const char*, std::string> pairs[] = {
      {"Data", s.data},
      {"Checksum", s.data_checksum},
      {"Examples", fmt::format("{} training, {} validation, {} test", thousands(s.train_size),
                               thousands(s.validation_size), thousands(s.test_size))},
      {"Parameters", thousands(s.parameters)},
      {"Length",
       fmt::format("{} a run, {} a first trial", length_text(s.steps, s), length_text(s.screening_steps, s))},
      {"Batch", counted(s.batch, "example")},
      {"Learning-rate schedule", s.schedule},
      {"Seeds", fmt::format("{}", fmt::join(s.seeds, ", "))},
      {"Tuning seeds", fmt::format("{}", fmt::join(s.tuning_seeds, ", "))},
      {"Trainings at a time", fmt::format("{}", s.threads)},
      {"Processor", s.machine.cpu},
      {"Instruction set", s.machine.instruction_set},
      {"Compiler", s.machine.compiler},
      {"libtorch", s.machine.libtorch},
      {"BLAS", s.machine.blas},
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

/// Every hyperparameter in force, by entry and phase.
data in_force(const RaceResults& results) {
  data items{data::type::list};
  for (const Entry& entry : results.entries)
    for (std::size_t phase = 0; phase < entry.in_force.size(); ++phase) {
      std::string values;
      for (const auto& [name, value] : entry.in_force[phase])
        values += fmt::format("{}{} {:.6g}", values.empty() ? "" : ", ", name, value);
      data item;
      item.set("label", entry.in_force.size() > 1
                            ? fmt::format("{}, {}", entry.label, phase == 0 ? "first" : "then")
                            : entry.label);
      item.set("values", values);
      if (phase + 1 == entry.in_force.size()) item.set("space", entry.space);
      items.push_back(item);
    }
  return items;
}

void set_method(data& page, const RaceResults& results) {
  const RaceSettings& s = results.settings;
  page.set("trials", counted(s.trials, "point"));
  page.set("screened", s.screening_steps < s.steps);
  page.set("screening", length_text(s.screening_steps, s));
  page.set("length", length_text(s.steps, s));
  page.set("tuning_seeds", counted(static_cast<std::int64_t>(s.tuning_seeds.size()), "seed"));
  page.set("has_examples", s.test_size > 0);
  page.set("validation_size", thousands(s.validation_size));
  page.set("test_size", thousands(s.test_size));
  page.set("has_target", has_target(s));
  page.set("target_text", target_text(s));
  page.set("margin",
           fixed(s.metric.scale * s.metric.margin, s.metric.digits) + measure_of(s, "test_metric").points);
  page.set("metric_name", s.metric.name);
  page.set("interval_note", interval_note(s));
  page.set("facts", facts(results));
  page.set("in_force", in_force(results));
}

}  // namespace

std::string html_report(const RaceResults& results, std::string_view vega) {
  data page = page_data(vega);
  page.set("title", title(results));
  page.set("headline", headline(results));
  page.set("deck", deck(results));
  page.set("interrupted", results.interrupted);
  page.set("verdicts", verdicts(results));
  set_table(page, results);
  page.set("figures", figure_data(figures_of(results), names_of(results)));
  set_method(page, results);
  page.set("command", results.settings.command);
  page.set("version", results.settings.gradus_version);
  page.set("started", results.settings.started);
  page.set("seconds", duration(results.seconds));
  return rendered(embedded("report.html.in"), page);
}

}  // namespace gradus::lab
