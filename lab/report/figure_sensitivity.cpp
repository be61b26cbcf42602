#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "lab/report/canvas.hpp"
#include "lab/report/figures.hpp"
#include "lab/report/format.hpp"
#include "lab/report/summary.hpp"

/// Validation accuracy against the learning rate: how finely must each rule be tuned?
namespace gradus::lab {
namespace {

/// Trials further below the best than this stand at the foot of the panel.
constexpr double kShownPoints = 12;
constexpr int kCross = 2;
constexpr int kDown = 11;
constexpr int kRing = 6;

struct Attempt {
  double lr;
  double accuracy;  ///< in percent; NaN when it diverged
};

struct Line {
  std::string label;
  Look look;
  std::vector<Attempt> attempts;  ///< lowest rate first
  double chosen = kNotMeasured;
  const Attempt* choice() const {
    const auto found = std::ranges::find(attempts, chosen, &Attempt::lr);
    return found == attempts.end() ? nullptr : &*found;
  }
};

/// Of the trials at one rate of the tuned phase, the best stands for it.
Line line_of(const Entry& entry, std::size_t index) {
  Line line{entry.label, {index}, {}};
  const std::size_t phase = tuned_phase(entry);
  if (phase < entry.chosen_lr.size()) line.chosen = entry.chosen_lr[phase];
  std::map<double, double> best;
  for (const Trial* trial : trials_of_whole(entry)) {
    if (!(trial->lr[phase] > 0)) continue;
    const double accuracy = trial->diverged ? kNotMeasured : 100 * trial->validation_accuracy;
    const auto [at, is_new] = best.emplace(trial->lr[phase], accuracy);
    if (!is_new) at->second = std::fmax(at->second, accuracy);
  }
  for (const auto& [lr, accuracy] : best) line.attempts.push_back({lr, accuracy});
  return line;
}

struct Plan {
  std::vector<Line> lines;
  Axis x;
  Axis y;
};

Plan plan_of(const RaceResults& results) {
  Plan plan;
  double low_lr = kNotMeasured, high_lr = kNotMeasured, worst = kNotMeasured, best = kNotMeasured;
  for (std::size_t i = 0; i < results.entries.size(); ++i) {
    Line line = line_of(results.entries[i], i);
    for (const Attempt& attempt : line.attempts) {
      low_lr = std::fmin(low_lr, attempt.lr);
      high_lr = std::fmax(high_lr, attempt.lr);
      worst = std::fmin(worst, attempt.accuracy);
      best = std::fmax(best, attempt.accuracy);
    }
    if (!line.attempts.empty()) plan.lines.push_back(std::move(line));
  }
  if (!std::isfinite(best)) {
    worst = 0;
    best = 100;
  }
  const double floor = std::max(std::min(worst, best - 1), best - kShownPoints);
  const double margin = 0.08 * (best - floor);
  plan.x = {low_lr / 1.5, high_lr * 1.5, true};
  plan.y = {std::max(floor - margin, 0.0), std::min(best + margin / 2, 100.0), false};
  return plan;
}

struct Label {
  const Line* line;
  double left;
  std::size_t row;
};

/// Rule names above the panel, each over its chosen rate, in as few rows as keep them from touching.
std::vector<Label> place_labels(const Plan& plan, double panel_left, double panel_width, double page_width,
                                std::size_t longest) {
  std::vector<const Line*> lines;
  for (const Line& line : plan.lines)
    if (line.choice() != nullptr) lines.push_back(&line);
  std::ranges::stable_sort(lines, {}, &Line::chosen);
  std::vector<double> row_ends;
  std::vector<Label> labels;
  for (const Line* line : lines) {
    const double width = 16 + Canvas::text_width(shortened(line->label, longest));
    const double center = panel_left + plan.x.fraction(line->chosen) * panel_width;
    const double left = std::clamp(center - width / 2, 4.0, std::max(4.0, page_width - width - 4));
    const auto row = static_cast<std::size_t>(
        std::ranges::find_if(row_ends, [&](double end) { return end + 12 <= left; }) - row_ends.begin());
    if (row == row_ends.size()) row_ends.push_back(0);
    row_ends[row] = left + width;
    labels.push_back({line, left, row});
  }
  return labels;
}

/// At the foot of the panel, crosses for trials that diverged and triangles for those that fell far below;
/// one above the other where several rules failed at the same rate.
void draw_failures(Canvas& canvas, const Plan& plan, const Box& box) {
  const double step = 12 / box.height() * (plan.y.high - plan.y.low);
  std::map<double, int> at_rate;
  for (const Line& line : plan.lines) {
    std::vector<Canvas::Sample> diverged, below;
    for (const Attempt& attempt : line.attempts)
      if (!(attempt.accuracy >= plan.y.low))
        (std::isfinite(attempt.accuracy) ? below : diverged)
            .push_back({attempt.lr, plan.y.low + step * (0.7 + at_rate[attempt.lr]++)});
    canvas.markers(diverged, line.look, kCross, 0.8);
    canvas.markers(below, line.look, kDown, 0.8);
  }
}

std::string draw(const Plan& plan, const Gnuplot& gnuplot, const Alternative& alternative, bool wide) {
  const int width = wide ? 880 : 400;
  const double left = 46;
  const double right = width - 16;
  const std::size_t longest = wide ? 24 : 16;
  const std::vector<Label> labels = place_labels(plan, left, right - left, width, longest);
  std::size_t rows = 0;
  for (const Label& label : labels) rows = std::max(rows, label.row + 1);
  const double top = 34 + static_cast<double>(rows) * Canvas::kLineHeight;
  const int height = static_cast<int>(top) + (wide ? 380 : 310);
  const Box box{left, top, right, height - 44.0};

  Canvas canvas(width, height);
  canvas.begin_panel(box, plan.x, plan.y, {.x = ticks(plan.x, wide ? 9 : 6), .y = ticks(plan.y, 8)});
  canvas.text({4, 12}, Align::left, "validation accuracy (%)", ink::kMuted);
  canvas.text({(box.left + box.right) / 2, height - 10.0}, Align::center, "learning rate", ink::kMuted);
  for (const Label& label : labels) {
    const double y = top - 14 - static_cast<double>(label.row) * Canvas::kLineHeight;
    canvas.marker({label.left + 5, y}, label.line->look);
    canvas.text({label.left + 15, y}, Align::left, shortened(label.line->label, longest));
    const Attempt& choice = *label.line->choice();
    const Point ring = canvas.to_pixels(choice.lr, plan.y.clamp(choice.accuracy));
    canvas.dotted_line({ring.x, top - 4}, ring, ink::kMuted);
  }
  for (const Line& line : plan.lines) {
    std::vector<Canvas::Sample> samples;
    for (const Attempt& attempt : line.attempts)
      samples.push_back({attempt.lr, std::isfinite(attempt.accuracy) ? attempt.accuracy : plan.y.low});
    canvas.curve(samples, line.look, true);
    if (const Attempt* choice = line.choice(); choice != nullptr && std::isfinite(choice->accuracy))
      canvas.markers({{choice->lr, choice->accuracy}}, line.look, kRing, 1.1);
  }
  draw_failures(canvas, plan, box);
  return canvas.draw(gnuplot, alternative);
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
  for (const Line& line : lines)
    words.push_back(line.label + (line.choice() == nullptr ? " none" : fmt::format(" {:.3g}", line.chosen)));
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

Figure sensitivity_figure(const RaceResults& results, const Gnuplot& gnuplot) {
  Figure figure;
  figure.id = "sensitivity";
  figure.title = "Sensitivity to the learning rate";
  const Plan plan = plan_of(results);
  if (plan.lines.empty()) return figure;
  figure.finding = finding(results);
  figure.caption = fmt::format(
      "Accuracy on the validation split after {}, by learning rate. A ring marks the rate each rule raced "
      "with; at the foot, a cross marks a trial that diverged, a triangle one that ended further down.{} {}",
      counted(results.settings.tuning_epochs, "epoch"), two_rules_in_words(results),
      failures_in_words(results));
  const std::string description =
      figure.finding + " " + choices_in_words(plan.lines) + " " + failures_in_words(results);
  figure.wide = draw(plan, gnuplot, {figure.id + "-wide", figure.title, description}, true);
  figure.narrow = draw(plan, gnuplot, {figure.id + "-narrow", figure.title, description}, false);
  return figure;
}

}  // namespace gradus::lab
