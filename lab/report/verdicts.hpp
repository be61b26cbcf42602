#pragma once

#include <vector>

#include "lab/results/results.hpp"

namespace gradus::lab {

/// Who is best at what, beside whom nothing can be said, and who is as good.
///
/// On each contest the best mean is compared with every other entry's: by the differences of seeds, or by Welch's
/// test where seeds do not correlate, with Holm's correction over all rivals. A rival is "behind" when the
/// corrected probability is below 5%; it "ties" when the 95% interval of the difference lies within the margin;
/// otherwise it is "undecided". Fewer than three seeds decide nothing: the words are then empty.
std::vector<Verdict> judge(const RaceResults& results);

}  // namespace gradus::lab
