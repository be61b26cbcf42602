#include "lab/claims/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gradus/core/error.hpp"
#include "lab/claims/embedded.hpp"
#include "lab/claims/judge.hpp"
#include "lab/report/format.hpp"
#include "lab/tasks/task.hpp"

namespace gradus::lab {
namespace {

/// In the order of Topic.
constexpr const char* kQuestions[] = {"Which optimizer?", "Which learning rate?", "Which β, which ε?",
                                      "When to decay the rate?", "When to switch the optimizer?"};

bool asks(const AdviceRow& row, std::string_view text, const Place& place) {
  if (*row.place != '\0') return row.place == std::string_view(place.asked) && text.ends_with(row.asked);
  const std::string where = std::string(": ") + place.asked;
  return text.ends_with(where) && text.substr(0, text.size() - where.size()).ends_with(row.asked);
}

bool is_ratio(const AdviceRow& row) { return *row.less == '\0'; }

/// A ratio, by its logarithm: "0.95", "141".
std::string factor(double logarithm) {
  const double value = std::exp(logarithm);
  return value > 0.01 && value < 10 ? fixed(value, 2) : significant(value);
}

std::string amount(const AdviceRow& row, const Estimate& found, int digits) {
  if (!is_ratio(row)) return with_interval({std::abs(found.mean), found.half_width, found.n}, digits);
  return fmt::format("{} ({} to {})", factor(found.mean), factor(found.mean - found.half_width),
                     factor(found.mean + found.half_width));
}

std::string wanted(const AdviceRow& row, const Question& question) {
  if (question.either_way)
    return fmt::format("wants less than {} either way", fixed(question.threshold, question.digits));
  return fmt::format("wants {} than {}", question.claimed_above ? "more" : "less",
                     is_ratio(row) ? factor(question.threshold) : fixed(question.threshold, question.digits));
}

std::string sentence(const AdviceRow& row, const Place& place, const Question& question,
                     const Finding& finding) {
  const bool is_less = !is_ratio(row) && finding.value.mean < 0;
  return fmt::format(fmt::runtime(is_less ? row.less : row.more),
                     fmt::arg("n", amount(row, finding.value, question.digits)),
                     fmt::arg("unit", place.unit));
}

Saying saying(const AdviceRow& row, const Place& place, const Claim& claim, std::size_t i,
              const Finding& finding) {
  const Question& question = claim.questions[i];
  const bool open = finding.word == Word::undecided;
  if (!std::isfinite(finding.value.mean))
    return {"Open, since a run diverged: " + question.text + " (", ")", &claim, open};
  const std::string said = sentence(row, place, question, finding), wants = wanted(row, question);
  if (open) return {fmt::format("Open: {} (", said), fmt::format(" {})", wants), &claim, open};
  return {fmt::format("{} ({} ", said, finding.word == Word::supported ? "for" : "against"),
          fmt::format(", which {})", wants), &claim, open};
}

/// All that a row finds in a claim's results.
void add(std::vector<Saying>& sayings, const AdviceRow& row, const Place& place,
         const ClaimResults& results) {
  if (results.claim != row.claim) return;
  const Claim& claim = find_claim(results.claim);
  const Judgement judgement = judge(claim, results.evidence.answers);
  for (std::size_t i = 0; i < claim.questions.size(); ++i)
    if (asks(row, claim.questions[i].text, place))
      sayings.push_back(saying(row, place, claim, i, judgement.findings[i]));
}

std::vector<Saying> sayings(Topic topic, const Place& place, std::span<const ClaimResults> results) {
  std::vector<Saying> all;
  for (const AdviceRow& row : advice_rows())
    for (const ClaimResults& each : results)
      if (row.topic == topic) add(all, row, place, each);
  std::stable_partition(all.begin(), all.end(), [](const Saying& each) { return !each.open; });
  return all;
}

}  // namespace

const Place& place_of(std::string_view task) {
  const std::string_view name = find_task(task).name;
  for (const Place& place : places())
    if (std::ranges::find(place.tasks, name) != place.tasks.end()) return place;
  throw Error(fmt::format("no claim was put to the test on the task '{}'", name));
}

std::vector<Advice> advice(std::span<const ClaimResults> results, const Place* place) {
  std::vector<Advice> all;
  for (std::size_t topic = 0; topic < std::size(kQuestions); ++topic) {
    Advice& advice = all.emplace_back(Advice{kQuestions[topic], {}});
    for (const Place& each : places()) {
      if (place != nullptr && place != &each) continue;
      std::vector<Saying> said = sayings(static_cast<Topic>(topic), each, results);
      if (!said.empty()) advice.there.push_back({&each, std::move(said)});
    }
  }
  return all;
}

std::string advice_text(std::span<const ClaimResults> results, const Place* place) {
  if (results.empty())
    throw Error(
        "no results of claims were built into this program; in its source tree `./gradus claims run all` "
        "and `./gradus claims report --markdown docs` make them");
  std::string text = wrapped(kAdviceMeans, "", "");
  for (const Advice& each : advice(results, place)) {
    text += "\n" + each.question + "\n";
    if (each.there.empty()) text += wrapped(kNoAdvice, "  ");
    for (const Advice::There& there : each.there) {
      text += wrapped(there.place->words + std::string(":"), "  ");
      for (const Saying& said : there.sayings)
        text += wrapped(fmt::format("{}claim {}{}", said.before, said.claim->number, said.after), "  - ");
    }
  }
  return text;
}

std::vector<ClaimResults> built_in_results() {
  std::vector<ClaimResults> all;
  for (const Claim* claim : claims())
    if (const std::string_view text = embedded_claims(claim->name + std::string(".json")); !text.empty())
      all.push_back(claim_results(text));
  return all;
}

}  // namespace gradus::lab
