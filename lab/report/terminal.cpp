#include "lab/report/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "lab/report/format.hpp"
#include "lab/report/measures.hpp"
#include "lab/report/summary.hpp"

namespace gradus::lab {
namespace {

constexpr std::size_t kShortestLabel = 12;
using Row = std::vector<std::string>;  // the target's column is there where there is one

/// What steps are told in: the task's epochs, where it has some.
double step_unit(const RaceSettings& settings) {
  return settings.epoch_steps > 0 ? static_cast<double>(settings.epoch_steps) : 1;
}

std::string target_cell(const Entry& entry, const RaceSettings& settings) {
  const Estimate& steps = entry.summary.steps_to_target;
  const std::size_t runs = finished_runs(entry).size();
  std::string mean = fixed(steps.mean / step_unit(settings), settings.epoch_steps > 0 ? 2 : 0);
  if (is_bound(measure_of(settings, "steps_to_target"), entry)) mean = "≤" + mean;
  if (steps.n == 0 || static_cast<std::size_t>(steps.n) == runs) return mean;
  return fmt::format("{} ({}/{})", mean, steps.n, runs);
}

Row row(const Entry& entry, const RaceSettings& settings) {
  const Metric& metric = settings.metric;
  const std::string_view shortfall = shortcoming(entry);
  std::string point = points_text(entry.chosen);
  std::erase(point, ' ');
  Row cells{entry.label, point + (entry.at_edge.empty() ? "" : "*"),
            shortfall.empty() ? with_interval(entry.summary.test_metric, metric.digits, metric.scale)
                              : std::string(shortfall),
            loss_with_interval(entry.summary.train_loss)};
  if (has_target(settings)) cells.push_back(target_cell(entry, settings));
  cells.push_back(duration(entry.summary.step_seconds.mean));
  return cells;
}

std::vector<Row> rows(const RaceResults& results) {
  const RaceSettings& s = results.settings;
  const std::string unit = s.metric.unit.empty() ? "" : " " + s.metric.unit;
  std::vector<Row> all{{"rule", in_words(s.tuned), "test " + s.metric.name + unit, "train loss"}};
  if (has_target(s))
    all[0].push_back(fmt::format("{} to {:.4g}{}", s.epoch_steps > 0 ? "epochs" : "steps",
                                 s.metric.scale * s.target, s.metric.unit));
  all[0].emplace_back("step");
  for (const Entry* entry : ranked(results)) all.push_back(row(*entry, s));
  return all;
}

std::string padded(const std::string& text, std::size_t width, bool left) {
  const std::string space(width - std::min(width, character_count(text)), ' ');
  return left ? text + space : space + text;
}

/// The first column to the left, numbers to the right.
std::string line(const Row& row, const std::vector<std::size_t>& widths) {
  std::string text;
  for (std::size_t column = 0; column < row.size(); ++column)
    text += (column == 0 ? "" : "  ") + padded(row[column], widths[column], column == 0);
  return text;
}

class Paint {
 public:
  explicit Paint(bool colors) : colors_(colors) {}
  std::string bold(const std::string& text) const { return wrap("1", text); }
  std::string dim(const std::string& text) const { return wrap("2", text); }
  std::string green(const std::string& text) const { return wrap("32", text); }

 private:
  std::string wrap(const char* code, const std::string& text) const {
    return colors_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
  }
  bool colors_;
};

/// Each column as wide as it must be; the names give way to keep the table within kTerminalWidth.
std::vector<std::size_t> column_widths(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows)
    for (std::size_t column = 0; column < widths.size(); ++column)
      widths[column] = std::max(widths[column], character_count(row[column]));
  std::size_t others = 0;
  for (std::size_t column = 1; column < widths.size(); ++column) others += widths[column] + 2;
  const std::size_t room = std::max(kTerminalWidth - std::min(kTerminalWidth, others), kShortestLabel);
  widths[0] = std::min(widths[0], room);
  return widths;
}

/// The first column cut to `width` so that no two rows have the same name.
void name_apart(std::vector<Row>& rows, std::size_t width) {
  std::vector<std::string> names;
  for (const Row& row : rows) names.push_back(row[0]);
  names = shortened_apart(names, width);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i][0] = names[i];
}

std::string table(const RaceResults& results, const Paint& paint) {
  std::vector<Row> all = rows(results);
  const auto widths = column_widths(all);
  name_apart(all, widths[0]);
  std::string text = paint.dim(line(all.front(), widths)) + "\n";
  for (std::size_t i = 1; i < all.size(); ++i)
    text += (i == 1 ? paint.bold(line(all[i], widths)) : line(all[i], widths)) + "\n";
  return text;
}

std::string notes(const RaceResults& results, const Paint& paint) {
  std::string text;
  if (results.interrupted)
    text += wrapped("broken off: these are the results so far; the same command with --resume goes on");
  for (const Entry* entry : ranked(results))
    for (const std::string& remark : entry->summary.remarks) text += wrapped(entry->label + ": " + remark);
  return text.empty() ? text : paint.dim(text.substr(0, text.size() - 1)) + "\n";
}

std::string verdicts(const RaceResults& results, const Paint& paint) {
  std::string text;
  for (const Verdict& verdict : results.verdicts) {
    const std::string said = wrapped(verdict.sentence);
    const std::size_t title = said.find(':');
    text += paint.green(said.substr(0, title)) + said.substr(std::min(title, said.size()));
  }
  return text;
}

std::string in_ascii(std::string text) {
  constexpr std::pair<std::string_view, std::string_view> kReplacements[] = {
      {"±", "+-"}, {"µ", "u"}, {"–", "-"}, {"…", "~"}, {"≤", "<="}};
  for (const auto& [from, to] : kReplacements)
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
  return text;
}

}  // namespace

std::string terminal_report(const RaceResults& results, const TerminalStyle& style) {
  const Paint paint(style.colors);
  const std::string text = table(results, paint) + notes(results, paint) + "\n" + verdicts(results, paint);
  return style.utf8 ? text : in_ascii(text);
}

}  // namespace gradus::lab
