#include "lab/report/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/report/format.hpp"
#include "lab/report/measures.hpp"

namespace gradus::lab {
namespace {

/// At which points they ran: where these differ, so does all else.
std::string points_line(const RaceResults& results) {
  std::string text = "Tuned:";
  bool differ = false;
  for (const Entry& entry : results.entries) {
    text += fmt::format("{} {} {}", &entry == &results.entries.front() ? "" : ";", entry.label,
                        points_text(entry.chosen));
    differ = differ || entry.chosen != results.entries.front().chosen;
  }
  return text +
         (differ
              ? "\nThey differ, and may be what makes a difference; give each the same (adam:lr=0.01) to see "
                "what else does.\n"
              : "\n");
}

std::string remark(const Difference& difference) {
  if (!std::isfinite(difference.half_width)) return "";
  const char* test = difference.paired ? "by pairs" : "by Welch's test";
  return fmt::format(
      "{}, {}", std::abs(difference.mean) <= difference.half_width ? "0 is within" : "0 is outside", test);
}

std::string line(const Measure& measure, const RaceResults& results, const Entry& entry, const Entry& base,
                 std::size_t width) {
  const std::string space(width - std::min(width, character_count(entry.label)), ' ');
  std::string text =
      fmt::format("{}{}  {}", entry.label, space, measure.say(mean_of(measure, entry, results.settings)));
  if (entry.label == base.label) return text + "\n";
  const Difference d = compare(measure, entry, base, results.settings);
  if (std::isfinite(d.mean))
    text += fmt::format(
        "   {}   {}",
        measure.say_difference(d.mean, d.half_width, mean_of(measure, base, results.settings).mean),
        remark(d));
  return text + "\n";
}

}  // namespace

std::string comparison_text(const RaceResults& results, const Entry& base) {
  std::size_t width = 0;
  for (const Entry& entry : results.entries) width = std::max(width, character_count(entry.label));
  std::string text = fmt::format("Differences to {}: means ± half widths of 95% intervals\n", base.label);
  text += points_line(results);
  for (const Measure& measure : measures(results.settings)) {
    text += "\n" + measure.title + "\n";
    for (const Entry& entry : results.entries) text += line(measure, results, entry, base, width);
  }
  return text;
}

}  // namespace gradus::lab
