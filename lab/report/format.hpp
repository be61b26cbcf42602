#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/results/results.hpp"

/// Numbers and names as the report shows them, on the page and on the terminal.
namespace gradus::lab {

inline constexpr std::string_view kNothing = "–";
inline constexpr std::size_t kTerminalWidth = 80;

/// "88.41"; "1.55e+31" from ten millions on; kNothing when the number is not finite.
std::string fixed(double value, int digits);

/// "0.00316", "3.2e-05": three digits; kNothing when the number is not finite.
std::string significant(double value);

/// "88.41 ± 0.12", or the mean alone when there is no interval. `scale` 100 turns fractions into percent.
std::string with_interval(const Estimate& value, int digits, double scale = 1);

/// "0.312 ± 0.004", and "5.1e-11 ± 2e-12" where three digits would show nothing.
std::string loss_with_interval(const Estimate& loss);

/// "41 µs", "1.20 ms", "2 min 31 s".
std::string duration(double seconds);

/// "41.2 ± 0.3 µs"
std::string duration_with_interval(const Estimate& seconds);

/// "0.001", "3.16e-05"; "beta2=0.98, lr=0.001" where more than the learning rate was tuned; phases joined as in
/// "0.001 > 0.0316".
std::string points_text(const Points& points);

/// "88% validation accuracy": a race's target.
std::string target_text(const RaceSettings& settings);
bool has_target(const RaceSettings& settings);

/// "60,000"; a count, so not negative.
std::string thousands(std::int64_t n);

/// "a", "a and b", "a, b and c"
std::string in_words(const std::vector<std::string>& items);

/// "1 seed", "3 seeds"
std::string counted(std::int64_t n, std::string_view noun);

/// Texts of UTF-8 at most `limit` characters long, still different where they were. A longer one keeps its ends
/// around an ellipsis, as the fields that tell two variants of a rule apart stand at the end; where the ends are
/// the same the cut moves, and where no cut will do each says its place.
std::vector<std::string> shortened_apart(const std::vector<std::string>& texts, std::size_t limit);

/// Lines of at most kTerminalWidth characters, broken between words, each ended: the first begins with `first`, the others
/// with `rest`.
std::string wrapped(std::string_view text, std::string_view first = "", std::string_view rest = "    ");

/// How many characters (code points) of UTF-8 text there are.
std::size_t character_count(std::string_view text);

}  // namespace gradus::lab
