#include "lab/claims/ledger.hpp"

#include <fmt/format.h>

#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"

namespace gradus::lab {

const std::vector<const Claim*>& claims() {
  static const std::vector<const Claim*> kClaims{&kFlippingSigns,
                                                 &kScales,
                                                 &kAdagradStops,
                                                 &kRmspropForgets,
                                                 &kMomentumPlusRmsprop,
                                                 &kBiasCorrection,
                                                 &kEpsilon,
                                                 &kRareWords,
                                                 &kLessSensitive,
                                                 &kAdamConvergesFaster,
                                                 &kAdamGeneralisesWorse,
                                                 &kSharperMinima,
                                                 &kFlatMinima,
                                                 &kAdamThenSgd,
                                                 &kAdamStalls,
                                                 &kDefaults,
                                                 &kAdamAlwaysWins,
                                                 &kAdaptiveRulesDominate,
                                                 &kNoiseFlattens,
                                                 &kDecoupledDecay};
  return kClaims;
}

const Claim& find_claim(std::string_view number_or_name) {
  std::vector<std::string> names;
  for (const Claim* claim : claims()) {
    if (number_or_name == claim->name || number_or_name == std::to_string(claim->number)) return *claim;
    names.emplace_back(claim->name);
  }
  const std::vector<std::string> similar = nearest(std::string(number_or_name), names);
  throw Error(fmt::format(
      "there is no claim '{}'; {}", number_or_name,
      similar.empty() ? "by name there are: " + listed(names) : "did you mean " + listed(similar) + "?"));
}

}  // namespace gradus::lab
