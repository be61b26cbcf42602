#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/report/figures/figure.hpp"
#include "lab/report/format.hpp"

/// How far each rule is from the best, with what is not known of it.
namespace gradus::lab {
namespace {

using Json = nlohmann::ordered_json;

const char* word_for(const Rival& rival) { return rival.word.empty() ? "no verdict" : rival.word.c_str(); }

void add(Figure& figure, const Rival& rival, const std::string& name, const Metric& metric) {
  const double middle = metric.scale * rival.difference, reach = metric.scale * rival.half_width;
  figure.data["differences"].push_back({{"rule", name},
                                        {"difference", middle},
                                        {"low", middle - reach},
                                        {"high", middle + reach},
                                        {"word", word_for(rival)},
                                        {"p", rival.p}});
  figure.table.rows.push_back({rival.label,
                               {fixed(middle, metric.digits), fixed(reach, metric.digits),
                                significant(rival.p), rival.paired ? "pairs" : "Welch", word_for(rival)}});
}

}  // namespace

Figure differences(const RaceResults& results) {
  Figure figure;
  figure.id = "differences";
  const auto verdict = std::ranges::find(results.verdicts, "test_metric", &Verdict::question);
  if (verdict == results.verdicts.end() || verdict->rivals.empty()) return figure;
  const Metric& metric = results.settings.metric;
  figure.title = "Differences to " + verdict->best;
  figure.finding = verdict->sentence;
  figure.caption = fmt::format(
      "Mean of each rule's test {} less that of {}, and the 95% interval of the difference: by pairs of one "
      "seed, or by "
      "Welch's test where seeds do not correlate; the variance of the choice by other tuning seeds is in it. "
      "Within the "
      "grey band, ±{}{}, two are as good as each other.",
      metric.name, verdict->best, fixed(metric.scale * verdict->margin, metric.digits), metric.unit);
  figure.description = figure.finding;
  figure.values["shown_metric"] =
      fmt::format("difference of test {}{}", metric.name, metric.unit == "%" ? " (points)" : "");
  const double margin = metric.scale * verdict->margin;
  figure.data["margins"].push_back({{"low", -margin}, {"high", margin}});
  figure.table.head = {"rule", "difference", "± half width", "p, by Holm", "test", "verdict"};
  const std::vector<std::string> names = names_of(results);
  for (const Rival& rival : verdict->rivals) {
    const auto entry = std::ranges::find(results.entries, rival.label, &Entry::label);
    if (std::isfinite(rival.half_width))
      add(figure, rival, names[static_cast<std::size_t>(entry - results.entries.begin())], metric);
  }
  if (!figure.data.contains("differences")) figure.data = nullptr;
  constexpr std::size_t kRow = 30;
  figure.height = static_cast<int>(kRow * figure.table.rows.size());
  return figure;
}

}  // namespace gradus::lab
