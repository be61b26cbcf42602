#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lab/claims/claim_results.hpp"

/// What findings say to those who must choose. No more than they say: what one does not decide is told as open.
namespace gradus::lab {

/// Where questions are asked.
struct Place {
  const char* flag;                ///< of `gradus advise`; empty for functions, which only tasks name
  std::vector<const char*> tasks;  ///< that show it
  const char* asked;               ///< what questions call it, after their colon
  const char* words;               ///< "On a CNN"
  const char* unit;                ///< of differences at the end
};
const std::vector<Place>& places();
/// Throws Error where there is no such task, or where no place shows it.
const Place& place_of(std::string_view task);

enum class Topic { optimizer, rate, decay_rates, decay, change };

/// Makes a sentence of each answer to a question, wherever it was asked.
struct AdviceRow {
  Topic topic;
  const char* claim;  ///< its name
  const char* asked;  ///< how the question's text ends, before its colon
  /// With {n} for the amount and {unit} for the place's unit.
  const char* more;
  /// The same where the answer is negative; empty where answers are logarithms of a ratio, which then is the amount.
  const char* less;
  const char* place = "";  ///< where the question does not say where; its `asked`
};
const std::vector<AdviceRow>& advice_rows();

/// A finding in words, which stand around the claim's name.
struct Saying {
  std::string before, after;
  const Claim* claim;
  bool open;
};

struct Advice {
  struct There {
    const Place* place;
    std::vector<Saying> sayings;  ///< those that are open last
  };
  std::string question;  ///< "Which optimizer?"
  std::vector<There> there;
};

/// For all topics, at one place or (null) at all.
std::vector<Advice> advice(std::span<const ClaimResults> results, const Place* place);

inline constexpr const char* kAdviceMeans =
    "Means over seeds, with their 95% intervals; what is not decided at 5%, over all questions of a claim "
    "together, is open. Ahead and behind are meant at the end of trainings as short as the claims say, on "
    "the test "
    "set.";
inline constexpr const char* kNoAdvice = "No finding speaks to it.";

/// advice() for a terminal. Throws Error where there are no results.
std::string advice_text(std::span<const ClaimResults> results, const Place* place);

/// The results that were built into the program, from docs/claims/results.
std::vector<ClaimResults> built_in_results();

}  // namespace gradus::lab
