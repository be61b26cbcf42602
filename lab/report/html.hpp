#pragma once

#include <string>
#include <string_view>

#include "lab/report/embedded.hpp"
#include "lab/results/results.hpp"

namespace gradus::lab {

/// report.html: one file that needs no other. Takes summarized results. `vega` is the script that defines
/// vegaEmbed; where it is empty the page has all but the drawings, and says so.
std::string html_report(const RaceResults& results, std::string_view vega = embedded("vega.js"));

}  // namespace gradus::lab
