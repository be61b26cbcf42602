#pragma once

#include <string>

#include "lab/report/gnuplot.hpp"
#include "lab/results/results.hpp"

namespace gradus::lab {

/// report.html: one file that needs no other. Takes summarized
/// results; throws Error when a figure cannot be drawn.
std::string html_report(const RaceResults& results, const Gnuplot& gnuplot = Gnuplot{});

}  // namespace gradus::lab
