#include "lab/claims/judge.hpp"

#include <algorithm>
#include <cmath>

namespace gradus::lab {
namespace {

constexpr double kLevel = 0.05;
constexpr std::size_t kFewestSeeds = 3;

Word word_of(const Question& question, const Finding& finding) {
  if (!(finding.p < kLevel)) return Word::undecided;
  const bool is_above = finding.value.mean > question.threshold;
  return is_above == question.claimed_above ? Word::supported : Word::refuted;
}

Word together(const std::vector<Finding>& findings) {
  const auto all = [&](Word word) {
    return std::ranges::all_of(findings, [word](const Finding& f) { return f.word == word; });
  };
  const auto any = [&](Word word) {
    return std::ranges::find(findings, word, &Finding::word) != findings.end();
  };
  if (findings.empty()) return Word::undecided;
  for (const Word word : {Word::supported, Word::refuted})
    if (all(word)) return word;
  return any(Word::supported) && any(Word::refuted) ? Word::mixed : Word::undecided;
}

}  // namespace

std::string_view name_of(Word word) {
  constexpr std::string_view kNames[] = {"supported", "refuted", "mixed", "undecided"};
  return kNames[static_cast<std::size_t>(word)];
}

Judgement judge(std::span<const Question> questions, const std::vector<std::vector<double>>& answers) {
  Judgement judgement;
  std::vector<double> p;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const std::vector<double>& values = answers.at(i);
    judgement.seeds = std::max(judgement.seeds, static_cast<int>(values.size()));
    judgement.findings.push_back({.value = estimate(values)});
    const std::vector<double> threshold(values.size(), questions[i].threshold);
    p.push_back(values.size() < kFewestSeeds ? kNotMeasured : difference(values, threshold).p);
  }
  const std::vector<double> corrected = holm(p);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    judgement.findings[i].p = corrected[i];
    judgement.findings[i].word = word_of(questions[i], judgement.findings[i]);
  }
  judgement.word = together(judgement.findings);
  return judgement;
}

}  // namespace gradus::lab
