#include "lab/report/canvas.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "lab/report/format.hpp"

namespace gradus::lab {
namespace {

/// gnuplot's numbers for a disc, a square, triangles, a diamond
/// and a pentagon, filled; the hollow form is one less.
constexpr int kMarkers[] = {7, 5, 9, 13, 11, 15};

bool second_round(const Look& look) { return look.index >= static_cast<std::size_t>(ink::kSeriesColors); }

std::string tick_list(const std::vector<double>& values, bool labels) {
  std::vector<std::string> items;
  items.reserve(values.size());
  for (const double value : values)
    items.push_back(fmt::format("'{}' {:.17g}", labels ? tick_label(value) : "", value));
  return fmt::format("({})", fmt::join(items, ", "));
}

const char* name_of(Align align) {
  return align == Align::left ? "left" : align == Align::right ? "right" : "center";
}

}  // namespace

std::string Look::color() const { return ink::series(index); }
std::string Look::dash() const { return second_round(*this) ? "(8,5)" : "solid"; }
int Look::marker() const { return kMarkers[index % std::size(kMarkers)] - (second_round(*this) ? 1 : 0); }

Canvas::Canvas(int width, int height) : width_(width), height_(height) {
  script_ = fmt::format(
      "unset key\nset style line 1 lc rgb '{}' lw 1\nset style fill noborder\nset border 0\nset tics front\n"
      "set multiplot\n",
      ink::kGrid);
}

double Canvas::text_width(std::string_view text) {
  return 0.64 * kFontSize * static_cast<double>(character_count(text));
}

std::string Canvas::screen(Point at) const {
  return fmt::format("screen {:.6f}, screen {:.6f}", at.x / width_, 1 - at.y / height_);
}

void Canvas::text(Point at, Align align, std::string_view words, std::string_view color) {
  script_ += fmt::format("set label '{}' at {} {} front textcolor rgb '{}'\n", text_token(texts_.size()),
                         screen(at), name_of(align), color);
  texts_.emplace_back(words);
}

void Canvas::marker(Point at, const Look& look, double size) {
  script_ += fmt::format(
      "set label '' at {} front point pointtype {} pointsize {} linewidth 1.5 linecolor rgb '{}'\n",
      screen(at), look.marker(), size, look.color());
}

void Canvas::arrow(Point from, Point to, std::string_view color, std::string_view style) {
  script_ += fmt::format("set arrow from {} to {} nohead back linecolor rgb '{}' {}\n", screen(from),
                         screen(to), color, style);
}

void Canvas::line(Point from, Point to, std::string_view color) { arrow(from, to, color, "linewidth 1"); }

/// gnuplot 5.4 takes a new dash only along with a new width or colour, hence a width that no other line has.
void Canvas::dotted_line(Point from, Point to, std::string_view color) {
  arrow(from, to, color, "linewidth 1.25 dashtype (2,5)");
}

void Canvas::begin_panel(const Box& box, const Axis& x, const Axis& y, const Ticks& ticks) {
  end_panel();
  box_ = box;
  x_ = x;
  y_ = y;
  in_panel_ = true;
  script_ += fmt::format("set lmargin at screen {:.6f}\nset rmargin at screen {:.6f}\n", box.left / width_,
                         box.right / width_);
  script_ += fmt::format("set tmargin at screen {:.6f}\nset bmargin at screen {:.6f}\n",
                         1 - box.top / height_, 1 - box.bottom / height_);
  for (const auto& [name, axis] : {std::pair{'x', x}, {'y', y}})
    script_ += fmt::format("{} logscale {}\nset {}range [{:.17g}:{:.17g}] noextend\n",
                           axis.logarithmic ? "set" : "unset", name, name, axis.low, axis.high);
  script_ += fmt::format("set xtics scale 0 offset 0,0.3 nomirror {} textcolor rgb '{}'\n",
                         tick_list(ticks.x, ticks.x_labels), ink::kMuted);
  script_ += fmt::format("set ytics scale 0 offset 0.6,0 nomirror {} textcolor rgb '{}'\n",
                         tick_list(ticks.y, ticks.y_labels), ink::kMuted);
  script_ += "set grid ytics back linestyle 1 dashtype solid\n";
  line({box.left, box.bottom}, {box.right, box.bottom}, ink::kMuted);
}

Point Canvas::to_pixels(double x, double y) const {
  return {box_.left + x_.fraction(x) * box_.width(), box_.bottom - y_.fraction(y) * box_.height()};
}

std::string Canvas::data_block(const std::string& rows) {
  std::string name = fmt::format("$d{}", blocks_++);
  script_ += name + " << END\n" + rows + "END\n";
  return name;
}

void Canvas::curve(const std::vector<Sample>& samples, const Look& look, bool markers) {
  std::string rows;
  for (const Sample& sample : samples)
    rows += fmt::format("{:.9g} {:.9g}\n", sample.x, std::isfinite(sample.y) ? sample.y : kNotMeasured);
  if (samples.empty()) return;
  const std::string points = markers ? fmt::format(" pointtype {} pointsize 0.45", look.marker()) : "";
  plots_.push_back(fmt::format("{} using 1:2 with {} linecolor rgb '{}' linewidth 2 dashtype {}{}",
                               data_block(rows), markers ? "linespoints" : "lines", look.color(), look.dash(),
                               points));
}

void Canvas::band(const std::vector<Interval>& intervals, const Look& look, double opacity) {
  std::string rows;
  for (const Interval& interval : intervals)
    if (std::isfinite(interval.low) && std::isfinite(interval.high))
      rows +=
          fmt::format("{:.9g} {:.9g} {:.9g}\n", interval.x, y_.clamp(interval.low), y_.clamp(interval.high));
  if (rows.empty()) return;
  plots_.push_back(fmt::format(
      "{} using 1:2:3 with filledcurves fillcolor rgb '{}' fillstyle transparent solid {} noborder",
      data_block(rows), look.color(), opacity));
}

void Canvas::markers(const std::vector<Sample>& samples, const Look& look, int gnuplot_point, double size) {
  if (samples.empty()) return;
  std::string rows;
  for (const Sample& sample : samples) rows += fmt::format("{:.9g} {:.9g}\n", sample.x, sample.y);
  plots_.push_back(
      fmt::format("{} using 1:2 with points pointtype {} pointsize {} linewidth 2 linecolor rgb '{}'",
                  data_block(rows), gnuplot_point, size, look.color()));
}

/// A panel without data still has its axes, for which gnuplot needs something to plot.
void Canvas::end_panel() {
  if (!in_panel_) return;
  if (plots_.empty()) plots_.emplace_back("NaN");
  script_ += fmt::format("plot {}\nunset label\nunset arrow\n", fmt::join(plots_, ", \\\n  "));
  plots_.clear();
  in_panel_ = false;
}

std::string Canvas::draw(const Gnuplot& gnuplot, const Alternative& alternative) {
  end_panel();
  return inline_svg(gnuplot.draw(width_, height_, script_ + "unset multiplot\n"), alternative, texts_);
}

}  // namespace gradus::lab
