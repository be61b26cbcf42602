#pragma once

#include "lab/claims/claim.hpp"

/// The rows of the table of claims, each in the file of its name.
namespace gradus::lab {

extern const Claim kFlippingSigns, kScales, kAdagradStops, kRmspropForgets, kMomentumPlusRmsprop,
    kBiasCorrection, kEpsilon, kRareWords, kLessSensitive, kAdamConvergesFaster, kAdamGeneralisesWorse,
    kSharperMinima, kFlatMinima, kAdamThenSgd, kAdamStalls, kDefaults, kAdamAlwaysWins,
    kAdaptiveRulesDominate, kNoiseFlattens, kDecoupledDecay;

}  // namespace gradus::lab
