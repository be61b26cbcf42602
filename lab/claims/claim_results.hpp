#pragma once

#include <string>
#include <string_view>

#include "lab/claims/claim.hpp"

namespace gradus::lab {

/// What a run of a claim leaves in NAME.json. The verdict is none of it: it is computed anew from the answers.
struct ClaimResults {
  std::string claim;    ///< its name
  std::string command;  ///< that repeats it
  std::string started;  ///< UTC, ISO 8601
  bool quick = false;
  double seconds = 0;
  Machine machine;
  std::string gradus_version;
  std::vector<std::string> questions;  ///< their texts, as they were when it was run
  Evidence evidence;
  std::vector<std::vector<double>>
      again;  ///< answers of the quick form with other seeds; empty where this is it
};

/// Curves, which no verdict hangs on, are rounded to six digits.
std::string to_text(const ClaimResults& results);
/// Throws Error for what is no such document, or does not answer this gradus' questions; the message names the field.
ClaimResults claim_results(std::string_view text);

}  // namespace gradus::lab
