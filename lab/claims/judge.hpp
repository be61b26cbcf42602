#pragma once

#include <span>
#include <string>
#include <vector>

#include "lab/claims/claim.hpp"
#include "lab/report/statistics.hpp"

namespace gradus::lab {

enum class Word { supported, refuted, mixed, undecided };
std::string_view name_of(Word word);

/// What the answers to a question say.
struct Finding {
  Estimate value;
  double p =
      kNotMeasured;  ///< that the mean is the threshold, by Holm's correction over the claim's questions
  Word word = Word::undecided;  ///< supported, refuted or undecided
};

struct Judgement {
  std::vector<Finding> findings;  ///< one a question
  Word word = Word::undecided;
  int seeds = 0;
};

/// A question's mean is told from its threshold by Student's t over the seeds, at 5% for all questions of a claim
/// together. Then it speaks for the claim or against it, by its side; otherwise, and with fewer than three seeds or a
/// number that is missing, it says nothing. A claim is supported where all questions speak for it, refuted where all
/// speak against it (or one, if it is claimed of all), mixed where some do either, and else undecided.
Judgement judge(std::span<const Question> questions, const std::vector<std::vector<double>>& answers,
                bool always = false);
Judgement judge(const Claim& claim, const std::vector<std::vector<double>>& answers);

/// Does this mean lie on the side that is claimed?
bool is_claimed(const Question& question, double mean);

}  // namespace gradus::lab
