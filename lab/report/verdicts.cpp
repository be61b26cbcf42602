#include "lab/report/verdicts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/report/format.hpp"
#include "lab/report/measures.hpp"

namespace gradus::lab {
namespace {

constexpr double kLevel = 0.05;
constexpr int kFewestSeeds = 3;
constexpr std::size_t kMostTold = 3;  // of more rivals a sentence gives the names alone

struct Candidate {
  const Entry* entry;
  Estimate value;
};

/// Best first. A rule that reached the target with some seeds only has no mean, and does not stand for election.
std::vector<Candidate> candidates(const Measure& measure, const RaceResults& results) {
  std::vector<Candidate> found;
  for (const Entry& entry : results.entries) {
    const Estimate value = mean_of(measure, entry, results.settings);
    if (std::isfinite(value.mean)) found.push_back({&entry, value});
  }
  std::ranges::stable_sort(found, [&](const Candidate& a, const Candidate& b) {
    return measure.highest_is_best ? a.value.mean > b.value.mean : a.value.mean < b.value.mean;
  });
  return found;
}

std::string word(const Rival& rival, double margin) {
  if (std::isnan(rival.p)) return "";
  if (std::abs(rival.difference) + rival.half_width <= margin) return "ties";
  return rival.p < kLevel ? "behind" : "undecided";
}

/// Where a number is the most that it may be, only what lies beyond it is told apart from it.
void doubt(std::vector<Rival>& rivals, const Measure& measure, const std::vector<Candidate>& field) {
  const bool best_is_bound = is_bound(measure, *field[0].entry);
  for (std::size_t i = 0; i < rivals.size(); ++i)
    if (!rivals[i].word.empty() &&
        (is_bound(measure, *field[i + 1].entry) || (best_is_bound && rivals[i].word == "ties")))
      rivals[i].word = "undecided";
}

std::vector<Rival> rivals(const Measure& measure, const std::vector<Candidate>& field,
                          const RaceResults& results, double margin, int seeds) {
  std::vector<Rival> all;
  std::vector<double> p;
  for (std::size_t i = 1; i < field.size(); ++i) {
    const Difference d = compare(measure, *field[i].entry, *field[0].entry, results.settings);
    all.push_back({.label = field[i].entry->label,
                   .difference = d.mean,
                   .half_width = d.half_width,
                   .p = kNotMeasured,
                   .paired = d.paired,
                   .word = ""});
    p.push_back(seeds < kFewestSeeds ? kNotMeasured : d.p);
  }
  const std::vector<double> corrected = holm(p);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].p = corrected[i];
    all[i].word = word(all[i], margin);
  }
  if (!field.empty()) doubt(all, measure, field);
  return all;
}

/// "ahead of sgd by …, and of adagrad": those of one word, with their differences where they are few.
std::string clause(const Measure& measure, const Verdict& verdict, const std::string& word, double best) {
  std::vector<const Rival*> told;
  for (const Rival& rival : verdict.rivals)
    if (rival.word == word) told.push_back(&rival);
  if (told.empty()) return "";
  std::vector<std::string> names;
  for (const Rival* rival : told)
    names.push_back(told.size() > kMostTold
                        ? rival->label
                        : fmt::format("{} ({})", rival->label,
                                      measure.say_difference(rival->difference, rival->half_width, best)));
  const bool all = told.size() > kMostTold && told.size() == verdict.rivals.size();
  return all ? fmt::format("all {} others", told.size()) : in_words(names);
}

std::string sentence(const Measure& measure, const Verdict& verdict, const std::vector<Candidate>& field) {
  const std::string lead = measure.contest + ": ";
  if (field.empty()) return lead + "nobody; no rule has a number with all its seeds.";
  const double best = field[0].value.mean;
  std::string text =
      fmt::format("{}{} ({})", lead, verdict.best, said(measure, *field[0].entry, field[0].value));
  if (field.size() == 1) return text + ", without a rival.";
  if (verdict.seeds < kFewestSeeds)
    return text + fmt::format(", then {} ({}). No verdict: {} tell{} nothing apart.", field[1].entry->label,
                              said(measure, *field[1].entry, field[1].value), counted(verdict.seeds, "seed"),
                              verdict.seeds == 1 ? "s" : "");
  const std::pair<const char*, const char*> kClauses[] = {
      {"behind", "ahead of"}, {"ties", "as good as"}, {"undecided", "undecided beside"}};
  for (const auto& [word, words] : kClauses)
    if (const std::string who = clause(measure, verdict, word, best); !who.empty())
      text += fmt::format("; {} {}", words, who);
  return text + ".";
}

}  // namespace

std::vector<Verdict> judge(const RaceResults& results) {
  std::vector<Verdict> verdicts;
  for (const Measure& measure : measures(results.settings)) {
    if (measure.contest.empty()) continue;
    const std::vector<Candidate> field = candidates(measure, results);
    if (field.empty() && measure.name == "step_seconds") continue;  // whoever trains need not time steps
    Verdict verdict;
    verdict.question = measure.name;
    if (!field.empty()) {
      verdict.best = field[0].entry->label;
      verdict.seeds = field[0].value.n;
      verdict.margin = measure.margin_beside(field[0].value.mean);
      verdict.rivals = rivals(measure, field, results, verdict.margin, verdict.seeds);
    }
    verdict.sentence = sentence(measure, verdict, field);
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace gradus::lab
