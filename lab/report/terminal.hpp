#pragma once

#include <string>

#include "lab/results/results.hpp"

namespace gradus::lab {

struct TerminalStyle {
  bool colors = false;  ///< ANSI escapes
  bool utf8 = true;     ///< otherwise ASCII alone
};

/// The table and the verdicts that end a race; takes summarized results and ends in a newline.
std::string terminal_report(const RaceResults& results, const TerminalStyle& style = {});

}  // namespace gradus::lab
