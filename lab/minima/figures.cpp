#include "lab/minima/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "lab/minima/bands.hpp"
#include "lab/minima/embedded.hpp"
#include "lab/report/format.hpp"

namespace gradus::lab {
namespace {

constexpr std::size_t kSteps = 10;        // as many colours has plane-of-losses.vl.json
constexpr std::size_t kLongestName = 24;  // two stand side by side on a phone
const char* const kEigenvalue = "largest eigenvalue";
const char* const kBound = "stable below";

std::size_t nearest(const std::vector<double>& axis, double place) {
  const auto distance = [place](double at) { return std::abs(at - place); };
  return static_cast<std::size_t>(std::ranges::min_element(axis, {}, distance) - axis.begin());
}

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{:.4g}", value) : std::string(kNothing);
}

/// What the path between both ends rises to, beside the higher of them.
std::string barrier(const Line& line) {
  const auto from = line.loss.begin() + static_cast<std::ptrdiff_t>(nearest(line.t, 0));
  const auto to = line.loss.begin() + static_cast<std::ptrdiff_t>(nearest(line.t, 1));
  const double higher = std::max(*from, *to);
  double top = higher;
  for (auto loss = from; loss <= to; ++loss) {
    if (!std::isfinite(*loss)) return "Between the two are losses that are not finite.";
    top = std::max(top, *loss);
  }
  if (top == higher)
    return fmt::format("Between the two it is nowhere above the higher end, {}.", number(higher));
  return fmt::format("Between the two it rises to {}; the higher end is at {}.", number(top), number(higher));
}

Figure figure_of(const char* id, const char* title) {
  Figure figure;
  figure.id = id;
  figure.title = title;
  figure.declaration = embedded_minima(std::string(id) + ".vl.json");
  return figure;
}

std::vector<double> finite_losses(const Surface& plane) {
  std::vector<double> all;
  for (const std::vector<double>& row : plane.loss)
    std::ranges::copy_if(row, std::back_inserter(all), [](double loss) { return std::isfinite(loss); });
  return all;
}

/// "0.21 – 0.28"
std::vector<std::string> steps_of(const Bands& bands) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i + 1 < bands.edges.size(); ++i)
    names.push_back(fmt::format("{:.3g} – {:.3g}", bands.edges[i], bands.edges[i + 1]));
  return names;
}

void add_points(Figure& figure, const Surface& plane) {
  for (std::size_t i = 0; i < plane.s.size(); ++i)
    for (std::size_t j = 0; j < plane.t.size(); ++j) {
      const double loss = plane.loss[i][j];
      figure.data["points"].push_back({{"s", plane.s[i]}, {"t", plane.t[j]}, {"measured", loss}});
      figure.table.rows.push_back({fixed(plane.s[i], 3), {fixed(plane.t[j], 3), number(loss)}});
    }
}

/// The part of its bound that the rule's eigenvalue ends at.
std::string share_of_bound(const Minimum& minimum) {
  const Look& last = minimum.looks.back();
  const double share = (minimum.bounds_preconditioned ? last.preconditioned : last.largest) / last.bound;
  return std::isfinite(share) ? fmt::format("{} is at {:.2g} times its bound", minimum.label, share) : "";
}

std::string shares_of_bounds(const std::vector<Minimum>& minima) {
  std::vector<std::string> shares;
  for (const Minimum& minimum : minima)
    if (!minimum.diverged && !share_of_bound(minimum).empty()) shares.push_back(share_of_bound(minimum));
  return shares.empty() ? "" : fmt::format("At the end {}.", in_words(shares));
}

/// A panel of the figure: one of the two eigenvalues, with the bound where it is of that one.
void add_panel(Figure& figure, const Minimum& minimum, const std::string& matrix, double Look::*eigenvalue,
               bool is_bounded) {
  const std::string panel = fmt::format("{}: {}", minimum.label, matrix);
  const std::size_t place = figure.table.rows.size();  // panels stand in the table's order
  for (const Look& look : minimum.looks) {
    const double bound = is_bounded ? look.bound : kNotMeasured;
    for (const auto& [curve, value] : {std::pair{kEigenvalue, look.*eigenvalue}, {kBound, bound}})
      if (value > 0 && std::isfinite(value))
        figure.data["looks"].push_back({{"panel", panel},
                                        {"place", place},
                                        {"curve", curve},
                                        {"step", look.step},
                                        {"value", value},
                                        {"loss", look.loss}});
    figure.table.rows.push_back(
        {panel, {std::to_string(look.step), number(look.loss), number(look.*eigenvalue), number(bound)}});
  }
}

bool has_preconditioned(const Minimum& minimum) {
  return std::ranges::any_of(minimum.looks,
                             [](const Look& look) { return std::isfinite(look.preconditioned); });
}

}  // namespace

Drawing line_of_losses(const Slices& slices) {
  Figure figure = figure_of("line-of-losses", "The loss along the straight line");
  const Line& line = slices.line;
  for (std::size_t i = 0; i < line.t.size(); ++i) {
    figure.data["line"].push_back({{"at", line.t[i]}, {"loss", line.loss[i]}});
    figure.table.rows.push_back({fixed(line.t[i], 3), {number(line.loss[i])}});
  }
  const std::vector<std::string> names = shortened_apart({slices.from, slices.to}, kLongestName);
  for (const int end : {0, 1})
    figure.data["ends"].push_back({{"rule", names[static_cast<std::size_t>(end)]},
                                   {"at", end},
                                   {"loss", line.loss[nearest(line.t, end)]}});
  figure.finding = barrier(line);
  figure.caption =
      fmt::format("From {}, at 0, to {}, at 1, and a quarter beyond both.", slices.from, slices.to);
  figure.description = figure.caption + " " + figure.finding;
  figure.table.head = {"on the line", "loss"};
  return {figure, names};
}

Drawing plane_of_losses(const Slices& slices) {
  Figure figure = figure_of("plane-of-losses", "The loss over a plane through both");
  const Bands bands = bands_of(slices.plane, kSteps);
  const std::vector<std::string> steps = steps_of(bands);
  figure.data["bands"] = nlohmann::ordered_json::array();
  for (const Band& band : bands.bands)
    figure.data["bands"].push_back(
        {{"s0", band.s0}, {"s1", band.s1}, {"t0", band.t0}, {"t1", band.t1}, {"loss", steps[band.step]}});
  add_points(figure, slices.plane);
  const std::vector<std::string> names = shortened_apart({slices.from, slices.to}, kLongestName);
  for (const int end : {0, 1})
    figure.data["ends"].push_back({{"rule", names[static_cast<std::size_t>(end)]},
                                   {"s", end},
                                   {"t", 0},
                                   {"measured", slices.line.loss[nearest(slices.line.t, end)]}});
  const std::vector<double> losses = finite_losses(slices.plane);
  const auto [least, most] = std::ranges::minmax(losses);
  figure.finding = fmt::format("Over the plane it goes from {} to {}.", number(least), number(most));
  figure.caption = fmt::format(
      "To the right {} is at 0 and {} at 1. Upwards is a random direction, in which each filter has moved by "
      "its own length at 1. Colours change where the loss has grown by a factor of {:.3g}; between {} × {} "
      "points that were measured it is interpolated. What is blank is not finite.",
      slices.from, slices.to, bands.edges[1] / bands.edges[0], slices.plane.s.size(), slices.plane.t.size());
  figure.description = figure.finding;
  figure.table.head = {"to the right", "upwards", "loss"};
  return {figure, steps};
}

Drawing sharpness_on_the_way(const std::vector<Minimum>& minima) {
  Figure figure = figure_of("sharpness-on-the-way", "Largest eigenvalues over the training");
  for (const Minimum& minimum : minima) {
    add_panel(figure, minimum, "Hessian", &Look::largest, !minimum.bounds_preconditioned);
    if (has_preconditioned(minimum))
      add_panel(figure, minimum, "preconditioned", &Look::preconditioned, minimum.bounds_preconditioned);
  }
  figure.finding = shares_of_bounds(minima);
  figure.caption =
      "The largest eigenvalue of the Hessian H and, for rules that divide by a P element by element, of "
      "P⁻¹H, beside the bound below which the rule is stable: 2/lr for gradient descent, 2(1 + β)/lr with "
      "momentum β, 2(1 + β₁)/((1 − β₁)lr) with Adam’s (Cohen et al. 2021, 2022). The bound is of full "
      "batches, with which nets rise to it and stay near it; mini-batches mostly keep them below it.";
  figure.description = figure.finding;
  figure.table.head = {"rule and matrix", "step", "loss", kEigenvalue, kBound};
  return {figure, {kEigenvalue, kBound}};
}

}  // namespace gradus::lab
