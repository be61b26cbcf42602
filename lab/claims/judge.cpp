#include "lab/claims/judge.hpp"

#include <algorithm>
#include <cmath>

namespace gradus::lab {
namespace {

constexpr double kLevel = 0.05;
constexpr std::size_t kFewestSeeds = 3;

Word word_of(const Question& question, const Finding& finding) {
  if (!(finding.p < kLevel)) return Word::undecided;
  return is_claimed(question, finding.value.mean) ? Word::supported : Word::refuted;
}

double p_of(const std::vector<double>& values, double threshold) {
  return difference(values, std::vector<double>(values.size(), threshold)).p;
}

/// That the mean is the threshold. What is claimed to lie between two thresholds has to be told from both (Schuirmann,
/// "A comparison of the two one-sided tests procedure", 1987).
double p_of(const Question& question, const std::vector<double>& values, double mean) {
  if (values.size() < kFewestSeeds) return kNotMeasured;
  if (!question.either_way) return p_of(values, question.threshold);
  const double above = p_of(values, question.threshold), below = p_of(values, -question.threshold);
  if (is_claimed(question, mean)) return std::max(above, below);
  return mean > 0 ? above : below;
}

Word together(const std::vector<Finding>& findings, bool always) {
  const auto all = [&](Word word) {
    return std::ranges::all_of(findings, [word](const Finding& f) { return f.word == word; });
  };
  const auto any = [&](Word word) {
    return std::ranges::find(findings, word, &Finding::word) != findings.end();
  };
  if (findings.empty()) return Word::undecided;
  for (const Word word : {Word::supported, Word::refuted})
    if (all(word)) return word;
  if (always) return any(Word::refuted) ? Word::refuted : Word::undecided;
  return any(Word::supported) && any(Word::refuted) ? Word::mixed : Word::undecided;
}

}  // namespace

std::string_view name_of(Word word) {
  constexpr std::string_view kNames[] = {"supported", "refuted", "mixed", "undecided"};
  return kNames[static_cast<std::size_t>(word)];
}

bool is_claimed(const Question& question, double mean) {
  return ((question.either_way ? std::abs(mean) : mean) > question.threshold) == question.claimed_above;
}

Judgement judge(const Claim& claim, const std::vector<std::vector<double>>& answers) {
  return judge(claim.questions, answers, claim.always);
}

Judgement judge(std::span<const Question> questions, const std::vector<std::vector<double>>& answers,
                bool always) {
  Judgement judgement;
  std::vector<double> p;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const std::vector<double>& values = answers.at(i);
    judgement.seeds = std::max(judgement.seeds, static_cast<int>(values.size()));
    judgement.findings.push_back({.value = estimate(values)});
    p.push_back(p_of(questions[i], values, judgement.findings[i].value.mean));
  }
  const std::vector<double> corrected = holm(p);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    judgement.findings[i].p = corrected[i];
    judgement.findings[i].word = word_of(questions[i], judgement.findings[i]);
  }
  judgement.word = together(judgement.findings, always);
  return judgement;
}

}  // namespace gradus::lab
