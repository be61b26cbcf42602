#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lab/claims/claim_results.hpp"
#include "lab/report/embedded.hpp"

namespace gradus::lab {

/// claims.html: one file that needs no other, with claims in the order of the results. `vega` as html_report() takes it.
std::string claims_page(std::span<const ClaimResults> results, std::string_view vega = embedded("vega.js"));

}  // namespace gradus::lab
