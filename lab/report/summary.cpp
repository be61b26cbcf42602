#include "lab/report/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "lab/report/format.hpp"
#include "lab/report/statistics.hpp"

namespace gradus::lab {
namespace {

/// Rules that end further below the best than this do not pull the common target down to where everybody
/// passes at once; they are shown as not having reached it.
constexpr double kLeftBehind = 0.05;
constexpr double kTargetGrid = 0.005;

template <class Pick>
Estimate over_runs(const Entry& entry, Pick pick) {
  std::vector<double> values;
  for (const Run* run : finished_runs(entry)) values.push_back(pick(*run));
  return estimate(values);
}

double last(const std::vector<double>& curve) { return curve.empty() ? kNotMeasured : curve.back(); }

/// The epoch at which the curve first reaches `target`, between
/// two epochs by a straight line; NaN if it never does.
double epochs_to_reach(const std::vector<double>& accuracy, double target) {
  for (std::size_t i = 0; i < accuracy.size(); ++i) {
    if (!(accuracy[i] >= target)) continue;
    if (i == 0 || !std::isfinite(accuracy[i - 1])) return static_cast<double>(i + 1);
    return static_cast<double>(i) + (target - accuracy[i - 1]) / (accuracy[i] - accuracy[i - 1]);
  }
  return kNotMeasured;
}

/// Only the seeds that reached the target count, and n says how many did.
Estimate epochs_to_target(const Entry& entry, double target) {
  std::vector<double> epochs;
  for (const Run* run : finished_runs(entry)) {
    const double reached = epochs_to_reach(run->test_accuracy, target);
    if (std::isfinite(reached)) epochs.push_back(reached);
  }
  return estimate(epochs);
}

/// The highest accuracy, in half percents, that every rule not left behind ends at or above.
double common_target(const std::vector<Entry>& entries) {
  double best = kNotMeasured;
  for (const Entry& entry : entries) best = std::fmax(best, entry.summary.test_accuracy.mean);
  double target = best;
  for (const Entry& entry : entries)
    if (entry.summary.test_accuracy.mean >= best - kLeftBehind)
      target = std::fmin(target, entry.summary.test_accuracy.mean);
  return std::floor(target / kTargetGrid) * kTargetGrid;
}

/// Lowest rate first.
std::vector<const Trial*> neighbourhood(const Entry& entry) {
  std::vector<const Trial*> trials = trials_of_whole(entry);
  std::ranges::sort(trials, {}, [](const Trial* t) { return t->lr.front(); });
  return trials;
}

double worth(const Trial& trial) {
  return trial.diverged || !std::isfinite(trial.validation_accuracy) ? 0 : trial.validation_accuracy;
}

/// Of two rules in turn each acts for a part of the training: their rates' effect is no measure for either.
double lr_sensitivity(const Entry& entry) {
  if (entry.chosen_lr.size() != 1) return kNotMeasured;
  const auto trials = neighbourhood(entry);
  const auto chosen = std::ranges::find(trials, entry.chosen_lr, &Trial::lr);
  if (chosen == trials.end() || trials.size() < 2) return kNotMeasured;
  std::vector<double> lost;
  if (chosen != trials.begin()) lost.push_back(worth(**chosen) - worth(**std::prev(chosen)));
  if (std::next(chosen) != trials.end()) lost.push_back(worth(**chosen) - worth(**std::next(chosen)));
  return estimate(lost).mean;
}

/// One thing to win: how to measure an entry, and how to say it.
struct Question {
  const char* name;
  const char* title;
  bool highest_wins;
  Estimate (*measure)(const Entry&);
  std::string (*say)(const Estimate&);
};

std::string say_accuracy(const Estimate& e) { return with_interval(e, 2, 100) + "%"; }
std::string say_loss(const Estimate& e) { return with_interval(e, 4); }
std::string say_epochs(const Estimate& e) { return with_interval(e, 1) + " epochs"; }
std::string say_points(const Estimate& e) { return fixed(100 * e.mean, 1) + " points"; }

/// A rule that reached the target with some seeds only does not stand for election.
Estimate reliable_epochs(const Entry& entry) {
  const Estimate& epochs = entry.summary.epochs_to_target;
  return epochs.n == static_cast<int>(finished_runs(entry).size()) ? epochs : Estimate{};
}

constexpr Question kQuestions[] = {
    {"test_accuracy", "Best test accuracy", true, [](const Entry& e) { return e.summary.test_accuracy; },
     say_accuracy},
    {"epochs_to_target", "Fastest to", false, reliable_epochs, say_epochs},
    {"train_loss", "Lowest training loss", false, [](const Entry& e) { return e.summary.train_loss; },
     say_loss},
    {"lr_sensitivity", "Least sensitive to its learning rate", false,
     [](const Entry& e) { return Estimate{.mean = e.summary.lr_sensitivity, .n = 1}; }, say_points},
    {"step_seconds", "Cheapest step", false, [](const Entry& e) { return e.summary.step_seconds; },
     duration_with_interval},
};

struct Candidate {
  std::string label;
  Estimate value;
};

/// Best first.
std::vector<Candidate> candidates(const Question& question, const std::vector<Entry>& entries) {
  std::vector<Candidate> found;
  for (const Entry& entry : entries) {
    const Estimate value = question.measure(entry);
    if (std::isfinite(value.mean)) found.push_back({entry.label, value});
  }
  std::ranges::stable_sort(found, [&](const Candidate& a, const Candidate& b) {
    return question.highest_wins ? a.value.mean > b.value.mean : a.value.mean < b.value.mean;
  });
  return found;
}

/// Nothing that was measured tells the two apart: their intervals overlap, or, without intervals, the numbers
/// shown are the same.
bool ties(const Question& question, const Candidate& a, const Candidate& b) {
  if (std::isfinite(a.value.half_width + b.value.half_width)) return intervals_overlap(a.value, b.value);
  return question.say(a.value) == question.say(b.value);
}

/// Of more rivals than this a tie gives the names alone.
constexpr std::size_t kMostTold = 2;

/// `field` has the winner first, then the tied, then the rest.
std::string sentence(const Question& question, const std::string& title, const std::vector<Candidate>& field,
                     std::size_t tied) {
  const std::string lead = title + ": ";
  if (field.empty()) return lead + "nobody, as no rule has finished a run that can be measured.";
  const auto named = [&](const Candidate& c) { return c.label + " (" + question.say(c.value) + ")"; };
  if (field.size() == 1) return lead + named(field[0]) + ", without a rival.";
  const bool measured_once = !std::isfinite(field[0].value.half_width + field[1].value.half_width);
  if (tied == 0)
    return lead + named(field[0]) + ", ahead of " + named(field[1]) +
           (measured_once ? "; measured once, so no interval." : ".");
  if (tied > 1 && tied + 1 == field.size())
    return lead + named(field[0]) + "; nothing tells the others from it" +
           (measured_once ? "." : ": their 95% intervals overlap.");
  std::vector<std::string> rivals;
  for (std::size_t i = 1; i <= tied; ++i)
    rivals.push_back(tied > kMostTold ? field[i].label : named(field[i]));
  return lead + named(field[0]) + " ties with " + in_words(rivals) +
         (measured_once ? "; measured once, so no interval." : "; the 95% intervals overlap.");
}

Verdict judge(const Question& question, const std::string& title, const std::vector<Entry>& entries) {
  std::vector<Candidate> field = candidates(question, entries);
  Verdict verdict;
  verdict.question = question.name;
  if (!field.empty()) {
    const auto untied = std::stable_partition(
        field.begin() + 1, field.end(), [&](const Candidate& c) { return ties(question, field[0], c); });
    verdict.winner = field[0].label;
    for (auto tied = field.begin() + 1; tied != untied; ++tied) verdict.tied.push_back(tied->label);
  }
  const bool intervals_known =
      std::ranges::all_of(field, [](const Candidate& c) { return std::isfinite(c.value.half_width); });
  verdict.conclusive = field.size() > 1 && verdict.tied.empty() && intervals_known;
  verdict.sentence = sentence(question, title, field, verdict.tied.size());
  return verdict;
}

/// Of each quantile of a layer at an epoch, over the runs that have come so far.
Quantiles geometric_mean(const std::vector<Run>& runs, std::size_t layer, std::size_t epoch) {
  Quantiles means{};
  for (std::size_t q = 0; q < means.size(); ++q) {
    std::vector<double> logs;
    for (const Run& run : runs)
      if (layer < run.effective_rates.size() && epoch < run.effective_rates[layer].by_epoch.size())
        logs.push_back(std::log(run.effective_rates[layer].by_epoch[epoch][q]));
    means[q] = std::exp(estimate(logs).mean);
  }
  return means;
}

}  // namespace

std::vector<const Run*> finished_runs(const Entry& entry) {
  std::vector<const Run*> runs;
  for (const Run& run : entry.runs)
    if (run.finished) runs.push_back(&run);
  return runs;
}

std::vector<const Entry*> ranked(const RaceResults& results) {
  std::vector<const Entry*> entries;
  entries.reserve(results.entries.size());
  for (const Entry& entry : results.entries) entries.push_back(&entry);
  const auto merit = [](const Entry* entry) {
    const double accuracy = entry->summary.test_accuracy.mean;
    return std::isfinite(accuracy) ? accuracy : -1;
  };
  std::ranges::stable_sort(entries, std::ranges::greater{}, merit);
  return entries;
}

std::string_view shortcoming(const Entry& entry) {
  if (std::isfinite(entry.summary.test_accuracy.mean)) return "";
  if (std::ranges::any_of(entry.runs, &Run::diverged)) return "diverged";
  if (!entry.runs.empty()) return "unfinished";
  if (!entry.trials.empty() && std::ranges::all_of(entry.trials, &Trial::diverged)) return "diverged";
  return "not run";
}

std::vector<Estimate> mean_curve(const Entry& entry, std::vector<double> Run::*curve) {
  std::vector<Estimate> means;
  for (std::size_t epoch = 0;; ++epoch) {
    std::vector<double> values;
    for (const Run& run : entry.runs)
      if (epoch < (run.*curve).size()) values.push_back((run.*curve)[epoch]);
    if (values.empty()) return means;
    means.push_back(estimate(values));
  }
}

std::vector<LayerRates> mean_effective_rates(const Entry& entry) {
  std::vector<LayerRates> means;
  for (const Run& run : entry.runs) {
    means.resize(std::max(means.size(), run.effective_rates.size()));
    for (std::size_t i = 0; i < run.effective_rates.size(); ++i) {
      means[i].layer = run.effective_rates[i].layer;
      means[i].by_epoch.resize(std::max(means[i].by_epoch.size(), run.effective_rates[i].by_epoch.size()));
    }
  }
  for (std::size_t i = 0; i < means.size(); ++i)
    for (std::size_t epoch = 0; epoch < means[i].by_epoch.size(); ++epoch)
      means[i].by_epoch[epoch] = geometric_mean(entry.runs, i, epoch);
  return means;
}

std::vector<const Trial*> trials_of_whole(const Entry& entry) {
  std::size_t phases = 0;
  for (const Trial& trial : entry.trials) phases = std::max(phases, trial.lr.size());
  std::vector<const Trial*> trials;
  for (const Trial& trial : entry.trials)
    if (phases > 0 && trial.lr.size() == phases) trials.push_back(&trial);
  return trials;
}

std::size_t tuned_phase(const Entry& entry) {
  std::vector<std::set<double>> tried;
  for (const Trial* trial : trials_of_whole(entry)) {
    tried.resize(trial->lr.size());
    for (std::size_t phase = 0; phase < tried.size(); ++phase) tried[phase].insert(trial->lr[phase]);
  }
  const auto most = std::ranges::max_element(tried, {}, &std::set<double>::size);
  return static_cast<std::size_t>(most - tried.begin());
}

void summarize(RaceResults& results) {
  for (Entry& entry : results.entries) {
    entry.summary.test_accuracy = over_runs(entry, [](const Run& r) { return r.final_test_accuracy; });
    entry.summary.train_loss = over_runs(entry, [](const Run& r) { return last(r.train_loss); });
    entry.summary.step_seconds = over_runs(entry, [](const Run& r) { return r.optimizer_step_seconds; });
    entry.summary.lr_sensitivity = lr_sensitivity(entry);
  }
  if (!std::isfinite(results.target_accuracy)) results.target_accuracy = common_target(results.entries);
  for (Entry& entry : results.entries)
    entry.summary.epochs_to_target = epochs_to_target(entry, results.target_accuracy);
  results.verdicts.clear();
  for (const Question& question : kQuestions) {
    std::string title = question.title;
    if (question.name == std::string_view("epochs_to_target"))
      title += " " + fixed(100 * results.target_accuracy, 1) + "% test accuracy";
    results.verdicts.push_back(judge(question, title, results.entries));
  }
}

}  // namespace gradus::lab
