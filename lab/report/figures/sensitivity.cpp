#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "lab/report/figures/figure.hpp"
#include "lab/report/format.hpp"
#include "lab/report/summary.hpp"

/// Validation accuracy against the learning rate: how finely must each rule be tuned?
namespace gradus::lab {
namespace {

using Json = nlohmann::ordered_json;

/// Trials further below the best than this stand at the foot of the panel.
constexpr double kShownPoints = 12;

struct Line {
  std::string label;
  std::map<double, double> accuracies;  ///< by learning rate, in percent; NaN when it diverged
  double chosen = kNotMeasured;
};

/// Of the trials at one rate of the tuned phase, the best stands for it.
Line line_of(const Entry& entry) {
  Line line{entry.label, {}};
  const std::size_t phase = tuned_phase(entry);
  if (phase < entry.chosen_lr.size()) line.chosen = entry.chosen_lr[phase];
  for (const Trial* trial : trials_of_whole(entry)) {
    if (!(trial->lr[phase] > 0)) continue;
    const double accuracy = trial->diverged ? kNotMeasured : 100 * trial->validation_accuracy;
    const auto [at, is_new] = line.accuracies.emplace(trial->lr[phase], accuracy);
    if (!is_new) at->second = std::fmax(at->second, accuracy);
  }
  return line;
}

std::vector<Line> lines_of(const RaceResults& results) {
  std::vector<Line> lines;
  lines.reserve(results.entries.size());
  for (const Entry& entry : results.entries) lines.push_back(line_of(entry));
  return lines;
}

Json limits(const std::vector<Line>& lines) {
  double worst = kNotMeasured, best = kNotMeasured;
  for (const Line& line : lines)
    for (const auto& [lr, accuracy] : line.accuracies) {
      worst = std::fmin(worst, accuracy);
      best = std::fmax(best, accuracy);
    }
  if (!std::isfinite(best)) return {{"lowest", 0}, {"highest", 100}};
  const double floor = std::max(std::min(worst, best - 1), best - kShownPoints);
  const double margin = 0.08 * (best - floor);
  return {{"lowest", std::max(floor - margin, 0.0)}, {"highest", std::min(best + margin / 2, 100.0)}};
}

Json rows_of(const std::vector<Line>& lines, const std::vector<std::string>& names) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < lines.size(); ++i)
    for (const auto& [lr, accuracy] : lines[i].accuracies)
      rows.push_back(
          {{"rule", names[i]}, {"lr", lr}, {"accuracy", accuracy}, {"chosen", lr == lines[i].chosen}});
  return rows;
}

Table table_of(const RaceResults& results) {
  Table table{{"rule", "learning rate", "validation accuracy, %", "validation loss", "training loss", ""},
              {}};
  for (const Entry& entry : results.entries)
    for (const Trial& trial : entry.trials) {
      const char* remark = trial.lr == entry.chosen_lr ? "chosen" : trial.diverged ? "diverged" : "";
      const double train_loss = trial.train_loss.empty() ? kNotMeasured : trial.train_loss.back();
      table.rows.push_back({entry.label,
                            {learning_rates(trial.lr), fixed(100 * trial.validation_accuracy, 2),
                             fixed(trial.validation_loss, 4), fixed(train_loss, 4), remark}});
    }
  return table;
}

std::string finding(const RaceResults& results) {
  const Entry* least = nullptr;
  const Entry* most = nullptr;
  for (const Entry& entry : results.entries) {
    const double lost = entry.summary.lr_sensitivity;
    if (!std::isfinite(lost)) continue;
    if (least == nullptr || lost < least->summary.lr_sensitivity) least = &entry;
    if (most == nullptr || lost > most->summary.lr_sensitivity) most = &entry;
  }
  if (least == most) return "";
  return fmt::format(
      "One grid step off its best learning rate, {} loses {} points of accuracy on average; {} loses {}.",
      least->label, fixed(100 * least->summary.lr_sensitivity, 1), most->label,
      fixed(100 * most->summary.lr_sensitivity, 1));
}

std::string choices_in_words(const std::vector<Line>& lines) {
  std::vector<std::string> words;
  words.reserve(lines.size());
  for (const Line& line : lines)
    words.push_back(line.label +
                    (std::isfinite(line.chosen) ? fmt::format(" {:.3g}", line.chosen) : " none"));
  return "Chosen learning rates: " + in_words(words) + ".";
}

std::string failures_in_words(const RaceResults& results) {
  std::int64_t trials = 0, diverged = 0;
  for (const Entry& entry : results.entries) {
    trials += static_cast<std::int64_t>(entry.trials.size());
    diverged += std::ranges::count_if(entry.trials, &Trial::diverged);
  }
  return fmt::format("{} of {} diverged.", diverged, counted(trials, "trial"));
}

/// What the rate of two rules in turn means here.
std::string two_rules_in_words(const RaceResults& results) {
  for (const Entry& entry : results.entries)
    if (entry.chosen_lr.size() > 1)
      return fmt::format(
          " Of two rules in turn ({}) it shows the rate of one, for its part of the training; the "
          "other's is fixed.",
          entry.label);
  return "";
}

}  // namespace

Figure sensitivity(const RaceResults& results) {
  Figure figure;
  figure.id = "sensitivity";
  figure.title = "Sensitivity to the learning rate";
  const std::vector<Line> lines = lines_of(results);
  if (std::ranges::all_of(lines, [](const Line& line) { return line.accuracies.empty(); })) return figure;
  figure.finding = finding(results);
  figure.caption = fmt::format(
      "Accuracy on the validation split after {}, by learning rate. A ring marks the rate each rule raced "
      "with; at the foot, a cross marks a trial that diverged, a triangle one that ended further down.{} {}",
      counted(results.settings.tuning_epochs, "epoch"), two_rules_in_words(results),
      failures_in_words(results));
  figure.description = figure.finding + " " + choices_in_words(lines) + " " + failures_in_words(results);
  figure.values = limits(lines);
  figure.data["trials"] = rows_of(lines, names_of(results));
  figure.table = table_of(results);
  return figure;
}

}  // namespace gradus::lab
