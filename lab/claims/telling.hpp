#pragma once

#include <kainjow/mustache.hpp>
#include <span>
#include <string>
#include <vector>

#include "lab/claims/claim_results.hpp"
#include "lab/report/figures/figure.hpp"

/// What pages tell of claims, in whatever language they are written.
namespace gradus::lab {

/// The verdict on a claim in a sentence, which begins with what is against the lesson that most people read.
std::string lead(const Claim& claim, const ClaimResults& results);

/// "above 0.10", "within 0.30 points of 0".
std::string wanted(const Question& question);

/// By name what a template may say of all together: "Of 14 claims, 3 supported and 11 mixed", and how that is judged.
void set_ledger(kainjow::mustache::data& page, std::span<const ClaimResults> results);
/// And of one, but for its figure.
kainjow::mustache::data claim_data(const ClaimResults& results);

Figure figure_of(const Claim& claim, const Plot& plot);
/// What has a colour, in the order in which colours are given.
std::vector<std::string> series_of(const Plot& plot);

}  // namespace gradus::lab
