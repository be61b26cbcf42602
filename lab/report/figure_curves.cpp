#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/report/canvas.hpp"
#include "lab/report/figures.hpp"
#include "lab/report/format.hpp"
#include "lab/report/summary.hpp"

/// The two figures over epochs: training loss and test accuracy, a curve with a band for each rule.
namespace gradus::lab {
namespace {

/// From two values Student's t makes an interval of 12.7 standard errors: bands that would hide all else.
constexpr int kSeedsForBands = 3;

struct Curve {
  std::string label;
  Look look;
  std::vector<Estimate> by_epoch;  ///< in the axis' unit
  double end() const { return by_epoch.empty() ? kNotMeasured : by_epoch.back().mean; }
};

std::vector<Curve> curves_of(const RaceResults& results, std::vector<double> Run::*member, double unit) {
  std::vector<Curve> curves;
  for (std::size_t i = 0; i < results.entries.size(); ++i) {
    Curve curve{results.entries[i].label, {i}, mean_curve(results.entries[i], member)};
    for (Estimate& value : curve.by_epoch) {
      value.mean *= unit;
      value.half_width *= unit;
    }
    if (std::ranges::any_of(curve.by_epoch, [](const Estimate& e) { return std::isfinite(e.mean); }))
      curves.push_back(std::move(curve));
  }
  return curves;
}

struct Plan {
  std::string id;
  std::string y_title;
  std::vector<Curve> curves;
  Axis y;
  int label_digits;
  double target = kNotMeasured;
};

std::vector<double> finite_means(const std::vector<Curve>& curves) {
  std::vector<double> means;
  for (const Curve& curve : curves)
    for (const Estimate& value : curve.by_epoch)
      if (std::isfinite(value.mean)) means.push_back(value.mean);
  return means;
}

double median_end(const std::vector<Curve>& curves) {
  std::vector<double> ends;
  for (const Curve& curve : curves)
    if (std::isfinite(curve.end())) ends.push_back(curve.end());
  if (ends.empty()) return kNotMeasured;
  std::ranges::nth_element(ends, ends.begin() + static_cast<std::ptrdiff_t>(ends.size() / 2));
  return ends[ends.size() / 2];
}

/// All of the means, but for a rule that blew up: beyond thirty times the median end the axis stops.
Axis loss_axis(const std::vector<Curve>& curves) {
  const std::vector<double> means = finite_means(curves);
  const double low = std::max(std::ranges::min(means), 1e-12);
  const double ceiling = 30 * std::fmax(median_end(curves), low);
  const double high = std::clamp(std::ranges::max(means), 1.05 * low, ceiling);
  const double margin = std::pow(high / low, 0.06);
  return {low / margin, high * margin, true};
}

/// In percent. A rule that learned little must not press the others together: 15 points below the median end
/// the axis stops.
Axis accuracy_axis(const std::vector<Curve>& curves, double target) {
  const std::vector<double> means = finite_means(curves);
  const double floor = std::fmin(median_end(curves), 100) - 15;
  double low = std::max(std::ranges::min(means), std::isfinite(floor) ? floor : 0);
  const double high = std::max(std::ranges::max(means), low + 1);
  if (target > low - 1) low = std::min(low, target);
  const double margin = 0.06 * (high - low);
  return {std::max(low - margin, 0.0), std::min(high + margin, 100.0), false};
}

/// What stands right of a curve's end.
std::string end_label(const Curve& curve, int digits, bool wide) {
  const std::string name = shortened(curve.label, wide ? 24 : 14);
  return wide ? name + "  " + fixed(curve.end(), digits) : name;
}

/// Names at the ends of their curves, moved apart where
/// these lie close, each tied to its curve by a thin line.
void label_ends(Canvas& canvas, const Plan& plan, const Box& box, bool wide) {
  std::vector<double> places;
  for (const Curve& curve : plan.curves) {
    const double end = std::isfinite(curve.end()) ? curve.end() : plan.y.high;
    places.push_back(std::clamp(plan.y.fraction(end), 0.0, 1.0));
  }
  const std::vector<double> apart = spread(places, Canvas::kLineHeight / box.height());
  for (std::size_t i = 0; i < plan.curves.size(); ++i) {
    const Curve& curve = plan.curves[i];
    const double y = box.bottom - apart[i] * box.height();
    const Point end = canvas.to_pixels(static_cast<double>(curve.by_epoch.size()), plan.y.low);
    const Point from{end.x + 4, box.bottom - places[i] * box.height()};
    canvas.line(from, {box.right + 14, y}, curve.look.color());
    canvas.marker({box.right + 18, y}, curve.look);
    canvas.text({box.right + 27, y}, Align::left, end_label(curve, plan.label_digits, wide));
  }
}

/// Its name stands on the side of the line that most curves have not yet reached when they begin at the left;
/// on a phone there is no such room, and the caption has to do.
void draw_target(Canvas& canvas, const Plan& plan, const Box& box, bool wide) {
  if (!(plan.target > plan.y.low && plan.target < plan.y.high)) return;
  const double y = box.bottom - plan.y.fraction(plan.target) * box.height();
  canvas.dotted_line({box.left, y}, {box.right, y}, ink::kMuted);
  if (!wide) return;
  const auto starts_above = std::ranges::count_if(
      plan.curves, [&](const Curve& curve) { return curve.by_epoch.front().mean > plan.target; });
  const bool name_below = 2 * static_cast<std::size_t>(starts_above) > plan.curves.size();
  canvas.text({box.left + 4, y + (name_below ? 11 : -9)}, Align::left,
              "target " + fixed(plan.target, 1) + "%", ink::kMuted);
}

std::string draw(const Plan& plan, const Gnuplot& gnuplot, const Alternative& alternative, bool wide) {
  const int width = wide ? 880 : 400;
  const int height = std::max(
      wide ? 430 : 380, static_cast<int>(Canvas::kLineHeight * static_cast<double>(plan.curves.size())) + 90);
  double label_width = 0;
  std::size_t epochs = 1;
  for (const Curve& curve : plan.curves) {
    label_width = std::max(label_width, Canvas::text_width(end_label(curve, plan.label_digits, wide)));
    epochs = std::max(epochs, curve.by_epoch.size());
  }
  Canvas canvas(width, height);
  const Box box{46, 34, width - label_width - 34, height - 44.0};
  const Axis x = epochs > 1 ? Axis{1, static_cast<double>(epochs)} : Axis{0.5, 1.5};
  Ticks marks{.x = ticks(x, wide ? 12 : 6), .y = ticks(plan.y, 8)};
  std::erase_if(marks.x, [](double epoch) { return epoch != std::round(epoch); });
  canvas.begin_panel(box, x, plan.y, marks);
  canvas.text({4, 12}, Align::left, plan.y_title, ink::kMuted);
  canvas.text({(box.left + box.right) / 2, height - 10.0}, Align::center, "epoch", ink::kMuted);
  draw_target(canvas, plan, box, wide);
  label_ends(canvas, plan, box, wide);
  for (const Curve& curve : plan.curves) {
    std::vector<Canvas::Interval> band;
    for (std::size_t i = 0; i < curve.by_epoch.size(); ++i) {
      const Estimate& value = curve.by_epoch[i];
      if (value.n < kSeedsForBands) break;
      band.push_back(
          {static_cast<double>(i + 1), value.mean - value.half_width, value.mean + value.half_width});
    }
    canvas.band(band, curve.look, 0.12);
  }
  for (const Curve& curve : plan.curves) {
    std::vector<Canvas::Sample> samples;
    for (std::size_t i = 0; i < curve.by_epoch.size(); ++i)
      samples.push_back({static_cast<double>(i + 1), curve.by_epoch[i].mean});
    canvas.curve(samples, curve.look, epochs <= 15);
  }
  return canvas.draw(gnuplot, alternative);
}

std::string band_caption(const RaceResults& results) {
  const std::size_t seeds = results.settings.seeds.size();
  if (seeds < 2) return "One seed, so there is no band to say how much chance there is in it.";
  const std::string lines = fmt::format("Each line is the mean over {} seeds", seeds);
  if (seeds < kSeedsForBands)
    return lines +
           "; their 95% confidence intervals, too wide to draw from two values, are in the table below.";
  return lines + "; the band around it is the 95% confidence interval.";
}

/// "at the end: adam 0.2012, sgd 0.4410."
std::string ends_in_words(const std::vector<Curve>& curves, int digits) {
  std::vector<std::string> ends;
  ends.reserve(curves.size());
  for (const Curve& curve : curves) ends.push_back(curve.label + " " + fixed(curve.end(), digits));
  return "At the end: " + in_words(ends) + ".";
}

/// The curves' ends in order, lowest first; those that end in NaN are left out.
std::vector<const Curve*> by_end(const std::vector<Curve>& curves) {
  std::vector<const Curve*> sorted;
  for (const Curve& curve : curves)
    if (std::isfinite(curve.end())) sorted.push_back(&curve);
  std::ranges::stable_sort(sorted, {}, [](const Curve* c) { return c->end(); });
  return sorted;
}

void draw_both(Figure& figure, const Plan& plan, const Gnuplot& gnuplot, const std::string& description) {
  figure.wide = draw(plan, gnuplot, {figure.id + "-wide", figure.title, description}, true);
  figure.narrow = draw(plan, gnuplot, {figure.id + "-narrow", figure.title, description}, false);
}

}  // namespace

Figure training_loss_figure(const RaceResults& results, const Gnuplot& gnuplot) {
  Figure figure;
  figure.id = "training-loss";
  figure.title = "Training loss by epoch";
  Plan plan{figure.id, "training loss (nats)", curves_of(results, &Run::train_loss, 1), {}, 3};
  if (plan.curves.empty()) return figure;
  plan.y = loss_axis(plan.curves);
  if (const auto order = by_end(plan.curves); order.size() > 1)
    figure.finding = fmt::format("{} ends with the lowest training loss, {}; {} with the highest, {}.",
                                 order.front()->label, fixed(order.front()->end(), 3), order.back()->label,
                                 fixed(order.back()->end(), 3));
  figure.caption =
      "Mean cross-entropy over the batches of each epoch, on a logarithmic scale. " + band_caption(results);
  draw_both(figure, plan, gnuplot, figure.finding + " " + ends_in_words(plan.curves, 3));
  return figure;
}

Figure test_accuracy_figure(const RaceResults& results, const Gnuplot& gnuplot) {
  Figure figure;
  figure.id = "test-accuracy";
  figure.title = "Test accuracy by epoch";
  Plan plan{figure.id, "test accuracy (%)", curves_of(results, &Run::test_accuracy, 100), {}, 2};
  if (plan.curves.empty()) return figure;
  plan.target = 100 * results.target_accuracy;
  plan.y = accuracy_axis(plan.curves, plan.target);
  if (const auto order = by_end(plan.curves); order.size() > 1)
    figure.finding =
        fmt::format("{} ends highest, at {}%; {} lowest, at {}%.", order.back()->label,
                    fixed(order.back()->end(), 2), order.front()->label, fixed(order.front()->end(), 2));
  figure.caption = fmt::format(
      "Share of the {} test images named rightly, at the end of each epoch. {} The dotted line is the common "
      "target, {}%.",
      thousands(results.settings.test_size), band_caption(results), fixed(plan.target, 1));
  draw_both(figure, plan, gnuplot, figure.finding + " " + ends_in_words(plan.curves, 2));
  return figure;
}

}  // namespace gradus::lab
