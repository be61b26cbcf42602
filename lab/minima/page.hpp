#pragma once

#include <string>
#include <string_view>

#include "lab/minima/results.hpp"
#include "lab/report/embedded.hpp"
#include "lab/report/figures/figure.hpp"

namespace gradus::lab {

/// What was measured where each rule arrived: a row a measure, a column a rule.
Table table_of(const MinimaResults& results);

/// sharpness.html: one file that needs no other. `vega` as html_report() takes it.
std::string minima_page(const MinimaResults& results, std::string_view vega = embedded("vega.js"));

}  // namespace gradus::lab
