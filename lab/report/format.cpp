#include "lab/report/format.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace gradus::lab {
namespace {

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

/// The byte where the n-th character starts.
std::size_t byte_of(std::string_view text, std::size_t n) {
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size(); ++at)
    if (starts_character(text[at]) && seen++ == n) break;
  return at;
}

constexpr double kMinute = 59.95;  // less is shown in seconds

struct Unit {
  double seconds;
  const char* name;
};

/// The largest unit of which `seconds`, rounded to three digits, is at least one.
Unit unit_for(double seconds) {
  for (const Unit unit : {Unit{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}})
    if (seconds >= 0.9995 * unit.seconds) return unit;
  return {1e-9, "ns"};
}

/// Of a longer text its first `head` characters, an ellipsis, and as many of its last as have room.
std::string shortened(std::string_view text, std::size_t limit, std::size_t head) {
  const std::size_t count = character_count(text);
  if (count <= limit) return std::string(text);
  const std::size_t tail = limit - head - 1;
  return fmt::format("{}…{}", text.substr(0, byte_of(text, head)), text.substr(byte_of(text, count - tail)));
}

bool all_different(std::vector<std::string> texts) {
  std::ranges::sort(texts);
  return std::ranges::adjacent_find(texts) == texts.end();
}

/// Longer texts end in their place, "…#3".
std::vector<std::string> numbered(const std::vector<std::string>& texts, std::size_t limit) {
  std::vector<std::string> marked;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string place = fmt::format("…#{}", i + 1);
    const std::size_t room = limit - std::min(limit, character_count(place));
    marked.push_back(character_count(texts[i]) <= limit
                         ? texts[i]
                         : std::string(texts[i].substr(0, byte_of(texts[i], room))) + place);
  }
  return marked;
}

/// Decay rates near 1 want more digits.
std::string hyperparameter(double value) {
  return value > 0.99 && value < 1 ? fmt::format("{:.6g}", value) : significant(value);
}

}  // namespace

std::string fixed(double value, int digits) {
  constexpr double kLongest = 1e7;  // more digits say nothing, and break tables
  if (!std::isfinite(value)) return std::string(kNothing);
  if (std::abs(value) >= kLongest) return fmt::format("{:.3g}", value);
  std::string text = fmt::format("{:.{}f}", value, digits);
  const bool is_zero = text.find_first_of("123456789") == std::string::npos;
  return is_zero && text.starts_with('-') ? text.substr(1) : text;
}

std::string significant(double value) {
  return std::isfinite(value) ? fmt::format("{:.3g}", value) : std::string(kNothing);
}

std::string with_interval(const Estimate& value, int digits, double scale) {
  std::string mean = fixed(scale * value.mean, digits);
  if (!std::isfinite(value.mean) || !std::isfinite(value.half_width)) return mean;
  return mean + " ± " + fixed(scale * value.half_width, digits);
}

std::string loss_with_interval(const Estimate& loss) {
  if (!std::isfinite(loss.mean) || loss.mean == 0 || std::abs(loss.mean) >= 0.01)
    return with_interval(loss, 3);
  const std::string mean = fmt::format("{:.1e}", loss.mean);
  return std::isfinite(loss.half_width) ? fmt::format("{} ± {:.0e}", mean, loss.half_width) : mean;
}

std::string duration(double seconds) {
  constexpr double kMost = 1e12;  // beyond it nobody has waited
  if (!(seconds >= 0 && seconds < kMost)) return std::string(kNothing);
  if (seconds < kMinute) {
    const Unit unit = unit_for(seconds);
    return fmt::format("{:.3g} {}", seconds / unit.seconds, unit.name);
  }
  const auto whole = static_cast<std::int64_t>(std::lround(seconds));
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string duration_with_interval(const Estimate& seconds) {
  if (!std::isfinite(seconds.mean) || !std::isfinite(seconds.half_width) || seconds.mean >= kMinute)
    return duration(seconds.mean);
  const Unit unit = unit_for(seconds.mean);
  const int digits = seconds.mean / unit.seconds < 100 ? 1 : 0;
  return with_interval(seconds, digits, 1 / unit.seconds) + " " + unit.name;
}

std::string points_text(const Points& points) {
  if (points.empty()) return std::string(kNothing);
  std::vector<std::string> phases;
  for (const Point& point : points) {
    std::string text;
    for (const auto& [name, value] : point)
      text += fmt::format("{}{}{}", text.empty() ? "" : ", ", point.size() == 1 ? "" : name + "=",
                          hyperparameter(value));
    phases.push_back(text);
  }
  return fmt::format("{}", fmt::join(phases, " > "));
}

std::string target_text(const RaceSettings& settings) {
  const Metric& metric = settings.metric;
  const std::string unit = metric.unit.empty() || metric.unit == "%" ? metric.unit : " " + metric.unit;
  return fmt::format("{:.6g}{} validation {}", metric.scale * settings.target, unit, metric.name);
}

bool has_target(const RaceSettings& settings) { return !std::isnan(settings.target); }

std::string thousands(std::int64_t n) {
  const std::string digits = fmt::format("{}", n);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string in_words(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? " and " : ", ";
    text += items[i];
  }
  return text;
}

std::string counted(std::int64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", thousands(n), noun, n == 1 ? "" : "s");
}

std::string wrapped(std::string_view text, std::string_view first, std::string_view rest) {
  std::string lines, line(first);
  bool has_words = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (has_words && character_count(line) + 1 + character_count(word) > kTerminalWidth) {
      lines += line + "\n";
      line = rest;
      has_words = false;
    }
    line.append(has_words ? " " : "").append(word);
    has_words = true;
    at = end + 1;
  }
  return lines + line + "\n";
}

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, starts_character));
}

std::vector<std::string> shortened_apart(const std::vector<std::string>& texts, std::size_t limit) {
  for (std::size_t shift = 0; shift < limit; ++shift) {  // cuts further and further from the middle
    const std::size_t head = shift % 2 == 0 ? limit / 2 - shift / 2 : limit / 2 + (shift + 1) / 2;
    std::vector<std::string> cut;
    for (const std::string& text : texts) cut.push_back(shortened(text, limit, std::min(head, limit - 1)));
    if (all_different(cut)) return cut;
  }
  return numbered(texts, limit);
}

}  // namespace gradus::lab
