#include "lab/report/axes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace gradus::lab {
namespace {

/// Rounding slack in units of a step, so that an end such as 0.3 = 3 * 0.1 counts as on the axis.
constexpr double kSlack = 1e-9;

std::vector<double> linear_ticks(const Axis& axis, int most) {
  const double least_step = (axis.high - axis.low) / most;
  const double power = std::pow(10, std::floor(std::log10(least_step)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0})
    if (factor * power >= least_step) step = factor * power;
  std::vector<double> values;
  for (double i = std::ceil(axis.low / step - kSlack); i * step <= axis.high + kSlack * step; ++i)
    values.push_back(i * step);
  return values;
}

std::vector<double> log_ticks(const Axis& axis, const std::vector<double>& mantissas, int decades) {
  std::vector<double> values;
  const auto first = static_cast<int>(std::floor(std::log10(axis.low)));
  for (int decade = first - first % decades - decades; std::pow(10, decade) <= axis.high; decade += decades)
    for (const double mantissa : mantissas) {
      const double value = mantissa * std::pow(10, decade);
      if (value >= axis.low * (1 - kSlack) && value <= axis.high * (1 + kSlack)) values.push_back(value);
    }
  return values;
}

std::string superscript(int number) {
  constexpr const char* kDigits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text;
  for (const char c : std::to_string(number)) text += c == '-' ? "⁻" : kDigits[c - '0'];
  return text;
}

}  // namespace

double Axis::fraction(double value) const {
  return logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
}

double Axis::clamp(double value) const { return std::clamp(value, low, high); }

std::vector<double> ticks(const Axis& axis, int most) {
  if (!axis.logarithmic) return linear_ticks(axis, most);
  const auto fits = [most](const std::vector<double>& values) {
    return static_cast<int>(values.size()) <= most;
  };
  for (const std::vector<double>& mantissas : {std::vector{1.0, 1.5, 2.0, 3.0, 5.0, 7.0}, {1.0, 2.0, 5.0}})
    if (auto values = log_ticks(axis, mantissas, 1); fits(values)) return values;
  for (int decades = 1;; ++decades)
    if (auto values = log_ticks(axis, {1.0}, decades); fits(values)) return values;
}

std::string tick_label(double value) {
  const double size = std::abs(value);
  if (size == 0 || (size >= 0.99e-4 && size < 0.99e5)) return fmt::format("{:.6g}", value);
  const auto exponent = static_cast<int>(std::floor(std::log10(size) + kSlack));
  const std::string power = "10" + superscript(exponent);
  const std::string mantissa = fmt::format("{:.3g}", value / std::pow(10, exponent));
  return mantissa == "1" ? power : mantissa + "×" + power;
}

std::vector<double> spread(const std::vector<double>& places, double gap) {
  const std::size_t n = places.size();
  if (n == 0) return {};
  if (n > 1) gap = std::min(gap, 1 / static_cast<double>(n - 1));
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return places[i]; });

  // Less `gap` times its rank, each place must be no lower than the one before: a monotone fit by least
  // squares, found by pooling neighbours that violate the order into blocks at their mean.
  struct Block {
    double sum;
    std::size_t count;
    double mean() const { return sum / static_cast<double>(count); }
  };
  std::vector<Block> blocks;
  for (std::size_t rank = 0; rank < n; ++rank) {
    blocks.push_back({places[order[rank]] - gap * static_cast<double>(rank), 1});
    while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() > blocks.back().mean()) {
      const Block last = blocks.back();
      blocks.pop_back();
      blocks.back().sum += last.sum;
      blocks.back().count += last.count;
    }
  }
  std::vector<double> result(n);
  std::size_t rank = 0;
  for (const Block& block : blocks)
    for (std::size_t i = 0; i < block.count; ++i, ++rank)
      result[order[rank]] = std::clamp(block.mean(), 0.0, 1 - gap * static_cast<double>(n - 1)) +
                            gap * static_cast<double>(rank);
  return result;
}

}  // namespace gradus::lab
