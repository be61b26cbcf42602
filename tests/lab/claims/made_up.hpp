#pragma once

#include "lab/claims/claim_results.hpp"
#include "lab/claims/workbench.hpp"

namespace gradus::test {

/// Every question is answered with `beyond` on the claimed side of its threshold, and a little noise.
inline lab::ClaimResults made_up(const lab::Claim& claim, double beyond, int seeds = 5) {
  lab::ClaimResults results;
  results.claim = claim.name;
  results.command = std::string("gradus claims run ") + claim.name;
  results.started = "2026-01-02T03:04:05Z";
  results.gradus_version = "1.0";
  for (const lab::Question& question : claim.questions) {
    results.questions.emplace_back(question.text);
    std::vector<double>& answers = results.evidence.answers.emplace_back();
    const double middle = question.either_way && beyond > 0
                              ? 0
                              : question.threshold + (question.claimed_above ? beyond : -beyond);
    const double noise = question.either_way ? 0.01 * question.threshold : 0.1;
    for (int seed = 0; seed < seeds; ++seed) answers.push_back(middle + noise * (seed - 0.5 * (seeds - 1)));
  }
  results.again = results.evidence.answers;
  results.evidence.plot = {.title = "what is <left>", .x_title = "degrees", .y_title = "gap", .points = {}};
  for (const double x : {0.0, 45.0})
    results.evidence.plot.points.push_back(lab::curve_point("", "adam", x, {1, 2, 3}));
  return results;
}

}  // namespace gradus::test
