#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/report/axes.hpp"
#include "lab/report/gnuplot.hpp"
#include "lab/report/svg.hpp"

namespace gradus::lab {

/// In pixels from the top left corner of a drawing.
struct Point {
  double x = 0;
  double y = 0;
};

struct Box {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
  double width() const { return right - left; }
  double height() const { return bottom - top; }
};

enum class Align { left, center, right };

/// How one rule looks in every figure: a colour, and a marker and a dash that tell it apart without colour.
struct Look {
  std::size_t index = 0;  ///< the rule's place in the race
  std::string color() const;
  std::string dash() const;
  int marker() const;
};

/// The panel's gridlines and their labels.
struct Ticks {
  std::vector<double> x;
  std::vector<double> y;
  bool x_labels = true;
  bool y_labels = true;
};

/// Writes a gnuplot script for a drawing of one or more panels. Positions outside panels are in pixels; all
/// text from outside goes around gnuplot (see text_token).
class Canvas {
 public:
  static constexpr double kFontSize = 13;
  static constexpr double kLineHeight = 17;

  Canvas(int width, int height);

  /// How wide `text` will be in pixels, roughly: the page's font is not known here.
  static double text_width(std::string_view text);

  void text(Point at, Align align, std::string_view words, std::string_view color = ink::kText);
  void marker(Point at, const Look& look, double size = 0.55);
  void line(Point from, Point to, std::string_view color);
  void dotted_line(Point from, Point to, std::string_view color);

  /// What follows is drawn in this panel, until the next begin_panel() or draw().
  void begin_panel(const Box& box, const Axis& x, const Axis& y, const Ticks& ticks);
  Point to_pixels(double x, double y) const;

  struct Sample {
    double x, y;
  };
  struct Interval {
    double x, low, high;
  };
  void curve(const std::vector<Sample>& samples, const Look& look, bool markers);
  /// Clamped to the panel.
  void band(const std::vector<Interval>& intervals, const Look& look, double opacity);
  void markers(const std::vector<Sample>& samples, const Look& look, int gnuplot_point, double size);

  std::string draw(const Gnuplot& gnuplot, const Alternative& alternative);

 private:
  void end_panel();
  void arrow(Point from, Point to, std::string_view color, std::string_view style);
  std::string screen(Point at) const;
  std::string data_block(const std::string& rows);

  int width_;
  int height_;
  std::string script_;
  std::vector<std::string> plots_;  ///< of the panel at hand
  std::vector<std::string> texts_;
  int blocks_ = 0;
  Box box_;
  Axis x_;
  Axis y_;
  bool in_panel_ = false;
};

}  // namespace gradus::lab
