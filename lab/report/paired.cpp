#include "lab/report/paired.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/report/format.hpp"
#include "lab/report/statistics.hpp"
#include "lab/report/summary.hpp"

namespace gradus::lab {
namespace {

constexpr std::size_t kMedian = 2;
static_assert(kQuantilePercents[kMedian] == 50);

double last_train_loss(const Run& run) {
  return run.diverged || run.train_loss.empty() ? kNotMeasured : run.train_loss.back();
}

double mean_log_rate(const Run& run) {
  std::vector<double> logs;
  for (const LayerRates& layer : run.effective_rates)
    for (const Quantiles& quantiles : layer.by_epoch) logs.push_back(std::log(quantiles[kMedian]));
  return estimate(logs).mean;
}

constexpr PairedQuestion kQuestions[] = {
    {"test loss", 5, 1, [](const Run& run) { return run.final_test_loss; }},
    {"train loss", 5, 1, last_train_loss},
    {"test accuracy, %", 3, 100, [](const Run& run) { return run.final_test_accuracy; }},
    {"ln of effective rate", 4, 1, mean_log_rate}};

std::string signed_with_interval(const Estimate& value, int digits, double scale) {
  return (value.mean >= 0 ? "+" : "") + with_interval(value, digits, scale);
}

std::string remark(const Estimate& difference) {
  if (!std::isfinite(difference.half_width)) return "";
  return std::abs(difference.mean) <= difference.half_width ? "0 is within" : "0 is outside";
}

/// At which rates they ran: where these differ, so does all else.
std::string rates_text(const RaceResults& results) {
  std::string text = "Learning rates:";
  bool differ = false;
  for (const Entry& entry : results.entries) {
    text += fmt::format("{} {} {}", &entry == &results.entries.front() ? "" : ",", entry.label,
                        entry.chosen_lr.empty() ? "none" : learning_rates(entry.chosen_lr));
    differ = differ || entry.chosen_lr != results.entries.front().chosen_lr;
  }
  return text +
         (differ
              ? "\nThey differ, and may be what makes a difference; give each the same (adam:lr=0.01) to see "
                "what else does.\n"
              : "\n");
}

}  // namespace

std::span<const PairedQuestion> paired_questions() { return kQuestions; }

std::vector<Paired> compare(const RaceResults& results, const Entry& base, const PairedQuestion& question) {
  std::vector<Paired> all;
  for (const Entry& entry : results.entries) {
    std::vector<double> values, differences;
    for (const Run* run : finished_runs(entry)) {
      values.push_back(question.of(*run));
      for (const Run* other : finished_runs(base))
        if (other->seed == run->seed) differences.push_back(question.of(*run) - question.of(*other));
    }
    all.push_back({entry.label, estimate(values), estimate(differences)});
  }
  return all;
}

std::string comparison_text(const RaceResults& results, const Entry& base) {
  std::size_t width = 0;
  for (const PairedQuestion& question : kQuestions)
    width = std::max(width, std::string_view(question.title).size());
  for (const Entry& entry : results.entries) width = std::max(width, character_count(entry.label));
  std::string text =
      fmt::format("Differences to {}, paired by seed: mean ± half width of the 95% interval\n", base.label);
  text += rates_text(results);
  for (const PairedQuestion& question : kQuestions) {
    text += fmt::format("\n{:<{}}  {:>9}  {:>5}  {}\n", question.title, width, "mean", "pairs", "difference");
    for (const Paired& paired : compare(results, base, question)) {
      text += fmt::format("{:<{}}  {:>9}", paired.label, width,
                          fixed(question.scale * paired.value.mean, question.digits));
      if (paired.label != base.label)
        text += fmt::format("  {:>5}  {}  {}", paired.difference.n,
                            signed_with_interval(paired.difference, question.digits, question.scale),
                            remark(paired.difference));
      text += '\n';
    }
  }
  return text;
}

}  // namespace gradus::lab
