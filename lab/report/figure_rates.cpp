#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/report/canvas.hpp"
#include "lab/report/figures.hpp"
#include "lab/report/format.hpp"
#include "lab/report/summary.hpp"

/// Effective learning rates over training: a small panel for each rule and layer, all on the same axes.
namespace gradus::lab {
namespace {

constexpr std::size_t kMedian = 2;
constexpr std::size_t kMostLayers = 4;
constexpr double kAlike = 1.001;  // rates nearer to each other than by this factor are one rate

struct Row {
  std::string label;
  Look look;
  std::vector<LayerRates> layers;
};

struct Plan {
  std::vector<Row> rows;
  Axis x;
  Axis y;
};

bool measured(const Quantiles& quantiles) {
  return std::ranges::all_of(quantiles, [](double q) { return std::isfinite(q) && q > 0; });
}

/// How many times larger the 95% quantile is than the 5% one.
double spread_of(const Quantiles& quantiles) { return quantiles.back() / quantiles.front(); }

/// Whether the rule told one weight of a layer from another.
bool adapts(const Quantiles& quantiles) { return measured(quantiles) && spread_of(quantiles) > kAlike; }

bool adapts(const LayerRates& layer) {
  return std::ranges::any_of(layer.by_epoch, [](const Quantiles& q) { return adapts(q); });
}

/// A schedule that ends at zero has all but switched the steps off by the end of the last epoch: such rates
/// say nothing of the rule, and would set the scale.
bool switched_off(const LayerRates& layer, std::size_t epoch) {
  return epoch > 0 && epoch + 1 == layer.by_epoch.size() &&
         layer.by_epoch[epoch][kMedian] < layer.by_epoch[epoch - 1][kMedian] / 1000;
}

/// Weights before biases, and no more than fit beside each other: the table below the figure has them all.
std::vector<LayerRates> shown(std::vector<LayerRates> layers) {
  if (layers.size() > kMostLayers)
    std::erase_if(layers, [](const LayerRates& layer) { return layer.layer.ends_with("bias"); });
  if (layers.size() > kMostLayers) layers.erase(layers.begin() + 2, layers.end() - 2);
  return layers;
}

Plan plan_of(const RaceResults& results) {
  Plan plan;
  double low = kNotMeasured, high = kNotMeasured;
  std::size_t epochs = 1;
  for (std::size_t i = 0; i < results.entries.size(); ++i) {
    Row row{results.entries[i].label, {i}, shown(mean_effective_rates(results.entries[i]))};
    if (std::ranges::none_of(row.layers, [](const LayerRates& l) { return adapts(l); })) continue;
    for (const LayerRates& layer : row.layers) {
      for (std::size_t epoch = 0; epoch < layer.by_epoch.size(); ++epoch) {
        const Quantiles& quantiles = layer.by_epoch[epoch];
        if (!measured(quantiles) || switched_off(layer, epoch)) continue;
        epochs = std::max(epochs, epoch + 1);
        low = std::fmin(low, quantiles.front());
        high = std::fmax(high, quantiles.back());
      }
    }
    plan.rows.push_back(std::move(row));
  }
  plan.x = epochs > 1 ? Axis{1, static_cast<double>(epochs)} : Axis{0.5, 1.5};
  plan.y = {low / 1.5, high * 1.5, true};
  return plan;
}

void draw_panel(Canvas& canvas, const LayerRates& layer, const Look& look) {
  std::vector<Canvas::Interval> outer, inner;
  std::vector<Canvas::Sample> median;
  for (std::size_t i = 0; i < layer.by_epoch.size(); ++i) {
    if (switched_off(layer, i)) break;
    const auto epoch = static_cast<double>(i + 1);
    const Quantiles& q = layer.by_epoch[i];
    outer.push_back({epoch, q[0], q[4]});
    inner.push_back({epoch, q[1], q[3]});
    median.push_back({epoch, q[kMedian]});
  }
  canvas.band(outer, look, 0.16);
  canvas.band(inner, look, 0.28);
  canvas.curve(median, look, median.size() == 1);
}

struct Grid {
  std::size_t columns;
  double left, gap, panel_width, panel_height, header;

  [[nodiscard]] std::size_t lines(const Row& row) const {
    return (row.layers.size() + columns - 1) / columns;
  }
  [[nodiscard]] double height(std::size_t lines) const {
    return static_cast<double>(lines) * (panel_height + 22);
  }
};

/// The panels of one rule under its name, `columns` beside each other; returns where the next rule begins.
double draw_row(Canvas& canvas, const Plan& plan, const Row& row, const Grid& grid, double top, bool last) {
  for (std::size_t i = 0; i < row.layers.size(); ++i) {
    const std::size_t column = i % grid.columns;
    const std::size_t line = i / grid.columns;
    const double y = top + grid.header + grid.height(line);
    const double x = grid.left + static_cast<double>(column) * (grid.panel_width + grid.gap);
    const Box box{x, y, x + grid.panel_width, y + grid.panel_height};
    const bool lowest = last && i + grid.columns >= row.layers.size();
    Ticks marks{ticks(plan.x, 5), ticks(plan.y, 5), lowest, column == 0};
    std::erase_if(marks.x, [](double epoch) { return epoch != std::round(epoch); });
    canvas.begin_panel(box, plan.x, plan.y, marks);
    if (i == 0) {
      canvas.marker({12, top + 8}, row.look);
      canvas.text({22, top + 8}, Align::left, shortened(row.label, 40));
    }
    canvas.text({x, y - 9}, Align::left, shortened(row.layers[i].layer, 20), ink::kMuted);
    if (lowest)
      canvas.text({(box.left + box.right) / 2, box.bottom + 32}, Align::center, "epoch", ink::kMuted);
    draw_panel(canvas, row.layers[i], row.look);
  }
  return top + grid.header + grid.height(grid.lines(row));
}

std::string draw(const Plan& plan, const Gnuplot& gnuplot, const Alternative& alternative, bool wide) {
  const int width = wide ? 880 : 400;
  std::size_t most_layers = 1;
  for (const Row& row : plan.rows) most_layers = std::max(most_layers, row.layers.size());
  Grid grid{wide || most_layers == 3 ? most_layers : std::min<std::size_t>(most_layers, 2),
            50,
            wide ? 26.0 : 18.0,
            0,
            wide ? 112.0 : 92.0,
            40};
  const double gaps = static_cast<double>(grid.columns - 1) * grid.gap;
  grid.panel_width = (width - grid.left - 12 - gaps) / static_cast<double>(grid.columns);

  double height = 56;
  for (const Row& row : plan.rows) height += grid.header + grid.height(grid.lines(row));
  Canvas canvas(width, static_cast<int>(height));
  canvas.text({4, 12}, Align::left, "effective learning rate (step per unit of gradient)", ink::kMuted);
  double top = 30;
  for (const Row& row : plan.rows) top = draw_row(canvas, plan, row, grid, top, &row == &plan.rows.back());
  return canvas.draw(gnuplot, alternative);
}

/// "3.2", "450", "61,000": two digits tell enough of a ratio.
std::string rounded_factor(double factor) {
  if (factor < 99.5) return fmt::format("{:.2g}", factor);
  const double unit = std::pow(10, std::floor(std::log10(factor)) - 1);
  return thousands(std::llround(std::round(factor / unit) * unit));
}

struct Spread {
  std::string label;
  std::string layer;
  double factor;
};

/// As they were when each rule last told weights apart; widest first.
std::vector<Spread> final_spreads(const std::vector<Row>& rows) {
  std::vector<Spread> spreads;
  for (const Row& row : rows)
    for (const LayerRates& layer : row.layers) {
      const auto last = std::ranges::find_if(layer.by_epoch.rbegin(), layer.by_epoch.rend(),
                                             [](const Quantiles& q) { return adapts(q); });
      if (last != layer.by_epoch.rend()) spreads.push_back({row.label, layer.layer, spread_of(*last)});
    }
  std::ranges::stable_sort(spreads, std::ranges::greater{}, &Spread::factor);
  return spreads;
}

std::string finding(const std::vector<Spread>& spreads) {
  const Spread& widest = spreads.front();
  std::string text =
      fmt::format("The widest spread is {}'s in {}: nine tenths of its rates lie within a factor of {}",
                  widest.label, widest.layer, rounded_factor(widest.factor));
  if (spreads.size() == 1) return text + ".";
  const Spread& narrowest = spreads.back();
  return text + fmt::format("; the narrowest is {}'s in {}, a factor of {}.", narrowest.label,
                            narrowest.layer, rounded_factor(narrowest.factor));
}

}  // namespace

Figure effective_rates_figure(const RaceResults& results, const Gnuplot& gnuplot) {
  Figure figure;
  figure.id = "effective-rates";
  figure.title = "Effective learning rates over training";
  const Plan plan = plan_of(results);
  if (plan.rows.empty()) return figure;
  const std::vector<Spread> spreads = final_spreads(plan.rows);
  figure.finding = finding(spreads);
  figure.caption =
      "How far one unit of gradient would move a weight by now, at the end of each epoch. The line is the "
      "median "
      "weight of the layer; the dark band holds the middle half of the weights, the pale one nine tenths. "
      "Rules that "
      "move every weight alike are not shown, nor is a last epoch that a schedule ended with steps of all "
      "but zero.";
  std::vector<std::string> words;
  for (const Spread& spread : spreads)
    words.push_back(fmt::format("{} in {} {}", spread.label, spread.layer, rounded_factor(spread.factor)));
  const std::string description = figure.finding + " Factors at the end: " + in_words(words) + ".";
  figure.wide = draw(plan, gnuplot, {figure.id + "-wide", figure.title, description}, true);
  figure.narrow = draw(plan, gnuplot, {figure.id + "-narrow", figure.title, description}, false);
  return figure;
}

}  // namespace gradus::lab
