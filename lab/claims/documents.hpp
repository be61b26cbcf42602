#pragma once

#include <span>
#include <string>
#include <vector>

#include "lab/claims/claim_results.hpp"

namespace gradus::lab {

struct Document {
  std::string path;  ///< below docs/
  std::string text;
};

/// The ledger for readers of the repository, in Markdown as GitHub has it: choosing.md, claims/README.md, and of each
/// claim claims/NAME.md and claims/results/NAME.json; last the figures, claims/NAME.vl.json, to be drawn as NAME.svg.
/// Throws Error for results of the quick form.
std::vector<Document> documents(std::span<const ClaimResults> results);

}  // namespace gradus::lab
